package record

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"parley/media/record/y4m"
	"parley/media/video"
)

// videoQueue bounds what waits for the disk: a third of a second.
const videoQueue = 10 // frames

// VideoOptions of a recorder.
type VideoOptions struct {
	// FrameRate written to the header, frames a second; 0 is 30. Frames are written as they come: the file has as many as
	// were decoded, whatever their distance in time.
	FrameRate float64
	Logger    *slog.Logger // nil: slog.Default
}

// Video records frames at the size they have. When the size changes, the recording goes on in a new file: FILE.y4m,
// FILE-2.y4m and so on.
type Video struct {
	path    string
	options VideoOptions
	queue   chan *video.Frame
	done    chan struct{}

	mu     sync.RWMutex // held for writing to close the queue
	closed bool

	written, dropped atomic.Uint64

	// The writing goroutine's own until done.
	file   *os.File
	buf    *bufio.Writer
	out    *y4m.Writer
	header y4m.Header
	files  []string
	err    error
}

// NewVideo begins a recording. The file is made at once, so that a path that cannot be written is known at the start.
func NewVideo(path string, o VideoOptions) (*Video, error) {
	if o.FrameRate <= 0 {
		o.FrameRate = 30
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("record video: %w", err)
	}
	v := &Video{path: path, options: o, queue: make(chan *video.Frame, videoQueue), done: make(chan struct{}), file: file}
	v.files = []string{path}
	go v.run()
	return v, nil
}

// Put records a frame; it never blocks and has the shape of an Outlet's tap.
func (v *Video) Put(f *video.Frame) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.closed {
		return
	}
	select {
	case v.queue <- f.Retain():
	default:
		f.Release()
		v.dropped.Add(1)
	}
}

// Counters of frames written and dropped so far.
func (v *Video) Counters() (written, dropped uint64) { return v.written.Load(), v.dropped.Load() }

// Close writes what waits, completes the file and returns the first error of the recording. Idempotent.
func (v *Video) Close() error {
	v.mu.Lock()
	if !v.closed {
		v.closed = true
		close(v.queue)
	}
	v.mu.Unlock()
	<-v.done
	return v.err
}

// Files that were written, in order. To be called after Close.
func (v *Video) Files() []string {
	<-v.done
	return v.files
}

func (v *Video) run() {
	defer close(v.done)
	for f := range v.queue {
		if v.err == nil {
			if v.err = v.write(f); v.err != nil {
				v.options.Logger.Error("video recording stops", "file", v.path, "error", v.err)
			}
		}
		if v.err != nil {
			v.dropped.Add(1)
		}
		f.Release()
	}
	v.err = errors.Join(v.err, v.finish())
}

func (v *Video) write(f *video.Frame) error {
	if v.out != nil && (f.Width != v.header.Width || f.Height != v.header.Height) {
		if err := v.next(); err != nil {
			return err
		}
	}
	if v.out == nil {
		v.header = y4m.Header{Width: f.Width, Height: f.Height}
		v.header.RateNum, v.header.RateDen = ratio(v.options.FrameRate)
		v.buf = bufio.NewWriterSize(v.file, 1<<18)
		var err error
		if v.out, err = y4m.NewWriter(v.buf, v.header); err != nil {
			return err
		}
	}
	if err := v.out.Write(f); err != nil {
		return err
	}
	v.written.Add(1)
	if len(v.queue) == 0 {
		return v.buf.Flush() // whole frames on the disk whenever there is time
	}
	return nil
}

// next completes the file and goes on in another one.
func (v *Video) next() error {
	if err := v.finish(); err != nil {
		return err
	}
	path := numbered(v.path, len(v.files)+1)
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	v.options.Logger.Info("size of recorded video changed, going on in a new file", "file", path)
	v.file, v.files = file, append(v.files, path)
	return nil
}

func (v *Video) finish() error {
	if v.file == nil {
		return nil
	}
	var err error
	if v.buf != nil {
		err = v.buf.Flush()
	}
	err = errors.Join(err, v.file.Close())
	v.file, v.buf, v.out = nil, nil, nil
	return err
}

// ratio gives frame rates as fractions: 29.97 is 30000:1001.
func ratio(rate float64) (num, den int) {
	if whole := float64(int(rate + 0.5)); rate > whole-0.0005 && rate < whole+0.0005 {
		return int(whole), 1
	}
	if ntsc := int(rate*1.001 + 0.5); ntsc > 0 && abs(float64(ntsc)/1.001-rate) < 0.005 {
		return ntsc * 1000, 1001
	}
	return int(rate*1000 + 0.5), 1000
}

func abs(x float64) float64 { return max(x, -x) }
