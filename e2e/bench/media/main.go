// Command media measures what a picture costs: encode and decode for each codec and size, convert, scale and draw, on a
// natural moving picture. Costs are processor time, so that other work on the machine hardly counts. `make bench-media`.
package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"parley/e2e/harness"
	"parley/media/codec"
	_ "parley/media/codec/all"
	"parley/media/record/y4m"
	"parley/media/video"
)

// size of a picture with what it is sent at.
type size struct{ width, height, bitrate int }

var sizes = []size{{640, 360, 500_000}, {1280, 720, 1_000_000}, {1920, 1080, 2_000_000}}

const (
	rate    = 30 // frames a second
	seconds = 4
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench-media:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "parley-media-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	fmt.Printf("Milliseconds of processor time a frame of a natural moving picture, %d frames of %d a second.\n\n", rate*seconds, rate)
	fmt.Println("| codec | size | encode | decode | kb/s | PSNR, dB | one core holds, frames a second |")
	fmt.Println("|---|---|---:|---:|---:|---:|---:|")
	var all [][]*video.Frame
	for _, s := range sizes {
		path := filepath.Join(folder, "natural.y4m")
		if err := harness.MakeNatural(ctx, path, s.width, s.height, rate, seconds); err != nil {
			return err
		}
		frames, err := load(path)
		if err != nil {
			return err
		}
		all = append(all, frames)
		for _, a := range codec.VideoAdapters() {
			if a.NewEncoder == nil || a.NewDecoder == nil {
				continue
			}
			r, err := code(a, s, frames)
			if err != nil {
				return fmt.Errorf("%s at %dx%d: %w", a.Name, s.width, s.height, err)
			}
			fmt.Printf("| %s | %dx%d | %.2f | %.2f | %.0f | %.1f | %.0f |\n", a.Name, s.width, s.height,
				r.encode, r.decode, r.bitrate/1000, r.psnr, 1000/(r.encode+r.decode))
		}
	}
	fmt.Println("\n| size | convert to RGBA | scale to a half | scale to a quarter | draw in a tile of half the size | draw in full |")
	fmt.Println("|---|---:|---:|---:|---:|---:|")
	for i, s := range sizes {
		if err := pictures(s, all[i]); err != nil {
			return err
		}
	}
	return nil
}

func load(path string) (frames []*video.Frame, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	reader, err := y4m.NewReader(file)
	if err != nil {
		return nil, err
	}
	for {
		f := video.NewFrame(reader.Header.Width, reader.Header.Height)
		if err := reader.Next(f); errors.Is(err, io.EOF) {
			return frames, nil
		} else if err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
}

// result of coding a sequence, a frame.
type result struct{ encode, decode, bitrate, psnr float64 }

// code encodes and decodes all frames. The first, a key frame, counts for quality and bitrate, not for time.
func code(a codec.VideoAdapter, s size, frames []*video.Frame) (r result, err error) {
	encoder, err := a.NewEncoder(codec.VideoConfig{Width: s.width, Height: s.height, FrameRate: rate, Bitrate: s.bitrate})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, encoder.Close()) }()
	decoder, err := a.NewDecoder()
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, decoder.Close()) }()
	var data []byte
	var encoding, decoding time.Duration
	var bytes, shown int
	var squares float64
	for i, f := range frames {
		began := processor()
		data, _, err = encoder.Encode(data[:0], f, i == 0)
		if err != nil {
			return r, err
		}
		middle := processor()
		bytes += len(data)
		if i > 0 {
			encoding += middle - began
		}
		if len(data) == 0 {
			continue // left out by rate control
		}
		picture, err := decoder.Decode(data)
		if err != nil {
			return r, err
		}
		if i > 0 {
			decoding += processor() - middle
		}
		if picture != nil {
			squares += difference(f, picture)
			shown++
			picture.Release()
		}
	}
	n := float64(len(frames) - 1)
	r.encode, r.decode = milliseconds(encoding)/n, milliseconds(decoding)/max(1, float64(shown-1))
	r.bitrate = float64(bytes) * 8 * rate / float64(len(frames))
	r.psnr = 10 * math.Log10(255*255/max(squares/float64(max(1, shown)), 1e-9))
	return r, nil
}

// difference is the mean square of luma.
func difference(a, b *video.Frame) float64 {
	sum, w, h := 0.0, min(a.Width, b.Width), min(a.Height, b.Height)
	for y := range h {
		p, q := a.Y[y*a.StrideY:][:w], b.Y[y*b.StrideY:][:w]
		row := 0
		for x := range p {
			d := int(p[x]) - int(q[x])
			row += d * d
		}
		sum += float64(row)
	}
	return sum / float64(w*h)
}

// pictures prints a row of what is done to decoded pictures. Drawing is what the window does for each frame of a tile
// without a GPU: scaling and converting in one pass; the toolkit's own drawing is in the figures of the whole call.
func pictures(s size, frames []*video.Frame) error {
	half, quarter := video.NewFrame(s.width/2, s.height/2), video.NewFrame(s.width/4, s.height/4)
	full := image.NewRGBA(image.Rect(0, 0, s.width, s.height))
	tile := image.NewRGBA(image.Rect(0, 0, s.width/2, s.height/2))
	fmt.Printf("| %dx%d |", s.width, s.height)
	for _, fn := range []func(*video.Frame) error{
		func(f *video.Frame) error { return video.ToRGBA(full, f) },
		func(f *video.Frame) error { return video.Scale(half, f) },
		func(f *video.Frame) error { return video.Scale(quarter, f) },
		func(f *video.Frame) error { return video.ScaleToRGBA(tile, f) },
		func(f *video.Frame) error { return video.ScaleToRGBA(full, f) },
	} {
		began := processor()
		for _, f := range frames {
			if err := fn(f); err != nil {
				return err
			}
		}
		fmt.Printf(" %.2f |", milliseconds(processor()-began)/float64(len(frames)))
	}
	fmt.Println()
	return nil
}

// processor is the time the process has had, on all cores.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
