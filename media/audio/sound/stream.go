package sound

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gen2brain/malgo"
)

const (
	sampleRate   = 48000 // Hz
	frameSamples = 480   // samples a channel in 10 ms
)

// silentDevice is how long a device may ask for nothing before it counts as lost: a dead sound server says nothing.
const silentDevice = 3 * time.Second

// closeWait bounds how long Close waits for a device that hangs.
const closeWait = 2 * time.Second

// Stream is an open sound device.
type Stream struct {
	card   *card
	device *malgo.Device
	frames framer

	mu     sync.Mutex // held while transfer runs
	closed bool
	calls  atomic.Uint64 // of the device

	lost func()
	gone sync.Once
	once sync.Once
	stop chan struct{}
	done chan struct{}
}

// Open starts a device: by name or ID, "" or "default" is the system's. transfer is called on the device's thread for
// every 10 ms with interleaved samples: to fill them (Playback) or to take them (Capture); it must neither block nor keep
// the slice. lost is called at most once when the device stops by itself (unplugged, sound server gone), on a thread that
// must not call Close.
//
// Errors: ErrNotFound, ErrUnavailable.
func Open(direction Direction, name string, channels int, transfer func(pcm []int16), lost func()) (*Stream, error) {
	c, err := connect()
	if err != nil {
		return nil, err
	}
	s := &Stream{card: c, lost: lost, stop: make(chan struct{}), done: make(chan struct{})}
	s.frames = framer{pcm: make([]int16, frameSamples*channels), transfer: transfer}
	if direction == Playback {
		s.frames.at = len(s.frames.pcm)
	}
	if err := s.open(direction, name, channels); err != nil {
		c.close()
		return nil, err
	}
	go s.watch()
	return s, nil
}

func (s *Stream) open(direction Direction, name string, channels int) error {
	infos, err := s.card.list(direction)
	if err != nil {
		return err
	}
	if len(infos) == 0 {
		return ErrUnavailable
	}
	info, err := find(infos, name)
	if err != nil {
		return err
	}
	var pinned runtime.Pinner // the configuration goes to C with a pointer in it
	defer pinned.Unpin()
	side := malgo.SubConfig{Format: malgo.FormatS16, Channels: uint32(channels)}
	if info != nil {
		pinned.Pin(&info.ID)
		side.DeviceID = unsafe.Pointer(&info.ID)
	}
	config := malgo.DefaultDeviceConfig(malgo.Playback)
	if direction == Capture {
		config = malgo.DefaultDeviceConfig(malgo.Capture)
		config.Capture = side
	} else {
		config.Playback = side
	}
	config.SampleRate = sampleRate
	config.PeriodSizeInFrames = frameSamples
	config.Periods = 3
	callbacks := malgo.DeviceCallbacks{Data: s.data, Stop: func() { s.gone.Do(s.lost) }}
	if s.device, err = malgo.InitDevice(s.card.context.Context, config, callbacks); err != nil {
		return fmt.Errorf("open sound device %q: %w: %w", name, ErrUnavailable, err)
	}
	if err := s.device.Start(); err != nil {
		s.device.Uninit()
		return fmt.Errorf("start sound device %q: %w: %w", name, ErrUnavailable, err)
	}
	return nil
}

// data runs on the device's thread.
func (s *Stream) data(out, in []byte, _ uint32) {
	s.calls.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.frames.fill(samples(out))
	s.frames.take(samples(in))
}

// watch notices a device that went without a word. PulseAudio's client, for one, waits for ever for a server that died.
func (s *Stream) watch() {
	defer close(s.done)
	ticker := time.NewTicker(silentDevice / 3)
	defer ticker.Stop()
	last, idle := s.calls.Load(), 0
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		calls := s.calls.Load()
		if idle++; calls != last {
			last, idle = calls, 0
		}
		if idle >= 3 {
			s.gone.Do(s.lost)
			return
		}
	}
}

// Close stops the device; transfer will not be called again when it returns. A device that hangs is left to itself.
func (s *Stream) Close() {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.gone.Do(func() {}) // what is stopped now is not lost
		close(s.stop)
		<-s.done
		freed := make(chan struct{})
		go func() {
			defer close(freed)
			// Stop first: it wakes the device's thread, which Uninit alone would wait for, for ever if its server died.
			_ = s.device.Stop()
			s.device.Uninit()
			s.card.close()
		}()
		select {
		case <-freed:
		case <-time.After(closeWait):
		}
	})
}

// find a device by ID, whole name or, when that is unambiguous, a part of it. nil: the system's default.
func find(infos []malgo.DeviceInfo, name string) (*malgo.DeviceInfo, error) {
	if name == "" || name == "default" {
		return nil, nil
	}
	var part *malgo.DeviceInfo
	parts := 0
	for i := range infos {
		if infos[i].Name() == name || infos[i].ID.String() == name {
			return &infos[i], nil
		}
		if strings.Contains(strings.ToLower(infos[i].Name()), strings.ToLower(name)) {
			part = &infos[i]
			parts++
		}
	}
	if parts == 1 {
		return part, nil
	}
	return nil, fmt.Errorf("%w: %q", ErrNotFound, name)
}

// framer cuts a device's periods, whatever their length, into frames of 10 ms. One thread only.
type framer struct {
	pcm      []int16
	at       int
	transfer func([]int16)
}

func (f *framer) fill(out []int16) {
	for len(out) > 0 {
		if f.at == len(f.pcm) {
			f.transfer(f.pcm)
			f.at = 0
		}
		n := copy(out, f.pcm[f.at:])
		f.at += n
		out = out[n:]
	}
}

func (f *framer) take(in []int16) {
	for len(in) > 0 {
		n := copy(f.pcm[f.at:], in)
		f.at += n
		in = in[n:]
		if f.at == len(f.pcm) {
			f.transfer(f.pcm)
			f.at = 0
		}
	}
}

// samples sees a device's bytes as what they are: native-endian 16-bit samples.
func samples(b []byte) []int16 {
	if len(b) < 2 {
		return nil
	}
	return unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/2)
}
