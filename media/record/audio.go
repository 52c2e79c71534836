package record

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"parley/media/record/wav"
)

// audioQueue bounds what waits for the disk: a second.
const audioQueue = 100 // frames of 10 ms

// sampleRate of everything in the pipeline, Hz.
const sampleRate = 48000

// Audio records 48 kHz 16-bit PCM.
type Audio struct {
	path     string
	channels int
	logger   *slog.Logger
	queue    chan []int16
	free     chan []int16
	done     chan struct{}

	mu     sync.RWMutex // held for writing to close the queue
	closed bool

	written, dropped atomic.Uint64

	out *wav.Writer
	dst *bufferedFile
	err error
}

// NewAudio begins a recording of 1 or 2 channels. A nil logger is slog.Default.
func NewAudio(path string, channels int, logger *slog.Logger) (*Audio, error) {
	if logger == nil {
		logger = slog.Default()
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("record audio: %w", err)
	}
	a := &Audio{path: path, channels: channels, logger: logger, done: make(chan struct{})}
	a.dst = &bufferedFile{file: file, buf: bufio.NewWriterSize(file, 1<<16)}
	if a.out, err = wav.NewWriter(a.dst, sampleRate, channels); err != nil {
		return nil, errors.Join(fmt.Errorf("record audio: %w", err), file.Close())
	}
	a.queue = make(chan []int16, audioQueue)
	a.free = make(chan []int16, audioQueue+1)
	go a.run()
	return a, nil
}

// Put records interleaved samples of the recording's channels; it never blocks and copies pcm. It has the shape of a
// mixer's tap.
func (a *Audio) Put(pcm []int16) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.closed {
		return
	}
	var b []int16
	select {
	case b = <-a.free:
	default:
	}
	b = append(b[:0], pcm...)
	select {
	case a.queue <- b:
	default:
		a.dropped.Add(uint64(len(pcm) / a.channels))
	}
}

// Counters of samples a channel written and dropped so far.
func (a *Audio) Counters() (written, dropped uint64) { return a.written.Load(), a.dropped.Load() }

// Close writes what waits, completes the file and returns the first error of the recording. Idempotent.
func (a *Audio) Close() error {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		close(a.queue)
	}
	a.mu.Unlock()
	<-a.done
	return a.err
}

func (a *Audio) run() {
	defer close(a.done)
	sinceUpdate := 0
	for pcm := range a.queue {
		samples := len(pcm) / a.channels
		if a.err == nil {
			if a.err = a.out.Write(pcm); a.err != nil {
				a.logger.Error("audio recording stops", "file", a.path, "error", a.err)
			}
		}
		if a.err == nil {
			a.written.Add(uint64(samples))
			if sinceUpdate += samples; sinceUpdate >= sampleRate {
				a.err = a.complete()
				sinceUpdate = 0
			}
		} else {
			a.dropped.Add(uint64(samples))
		}
		select {
		case a.free <- pcm:
		default:
		}
	}
	if err := a.complete(); a.err == nil || errors.Is(a.err, wav.ErrFull) {
		a.err = errors.Join(a.err, err)
	}
	a.err = errors.Join(a.err, a.dst.file.Close())
}

// complete brings the file on the disk to a state others can read.
func (a *Audio) complete() error {
	if err := a.dst.buf.Flush(); err != nil {
		return err
	}
	return a.out.Update()
}

// bufferedFile collects small writes; WriteAt goes to the file directly.
type bufferedFile struct {
	file *os.File
	buf  *bufio.Writer
}

var _ wav.Target = (*bufferedFile)(nil)

func (f *bufferedFile) Write(p []byte) (int, error)              { return f.buf.Write(p) }
func (f *bufferedFile) WriteAt(p []byte, off int64) (int, error) { return f.file.WriteAt(p, off) }
