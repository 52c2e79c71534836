package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"parley/e2e/harness"
	"parley/media/device/stamp"
	"parley/media/record/y4m"
	"parley/media/video"
)

const (
	contentSeconds = 4
	// bar is the part of the picture's height that the number takes; it is left out of every comparison.
	bar = 12
)

func cameraFile(folder string) string { return filepath.Join(folder, "camera.y4m") }
func speechFile(folder string) string { return filepath.Join(folder, "speech.wav") }

// numbered is what the stamp of a frame says instead of a time: so many milliseconds after this moment.
var numbered = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

// makeContent writes the natural picture, its frames numbered, and the speech.
func makeContent(ctx context.Context, folder string) error {
	raw := filepath.Join(folder, "raw.y4m")
	if err := harness.MakeNatural(ctx, raw, width, height, rate, contentSeconds); err != nil {
		return err
	}
	defer os.Remove(raw)
	if err := number(raw, cameraFile(folder)); err != nil {
		return err
	}
	return harness.MakeSpeech(ctx, speechFile(folder))
}

func number(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	reader, err := y4m.NewReader(in)
	if err != nil {
		return err
	}
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buffered := bufio.NewWriterSize(out, 1<<20)
	writer, err := y4m.NewWriter(buffered, reader.Header)
	if err != nil {
		return err
	}
	frame := video.NewFrame(reader.Header.Width, reader.Header.Height)
	for i := 0; ; i++ {
		if err := reader.Next(frame); errors.Is(err, io.EOF) {
			return buffered.Flush()
		} else if err != nil {
			return err
		}
		stamp.Draw(frame, numbered.Add(time.Duration(i)*time.Millisecond))
		if err := writer.Write(frame); err != nil {
			return err
		}
	}
}

// originals are the frames that were sent, by number.
func originals(folder string) (frames []*video.Frame, err error) {
	file, err := os.Open(cameraFile(folder))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader, err := y4m.NewReader(file)
	if err != nil {
		return nil, err
	}
	for {
		frame := video.NewFrame(reader.Header.Width, reader.Header.Height)
		if err := reader.Next(frame); errors.Is(err, io.EOF) {
			return frames, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", cameraFile(folder), err)
		}
		frames = append(frames, frame)
	}
}

// below is the part of a frame below the bar.
func below(f *video.Frame) *video.Frame {
	top := (f.Height/bar + 2) &^ 1 // even: chroma has half the lines
	part := &video.Frame{Width: f.Width, Height: f.Height - top, StrideY: f.StrideY, StrideUV: f.StrideUV}
	part.Y, part.U, part.V = f.Y[top*f.StrideY:], f.U[top/2*f.StrideUV:], f.V[top/2*f.StrideUV:]
	return part
}
