package sound

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/gen2brain/malgo"
)

const (
	sampleRate   = 48000 // Hz
	frameSamples = 480   // samples a channel in 10 ms
)

// Stream is an open sound device.
type Stream struct {
	name   string
	device *malgo.Device
	once   sync.Once
}

// Open starts a device: by name or ID, "" or "default" is the system's. transfer is called on the device's thread for
// every 10 ms with interleaved samples: to fill them (Playback) or to take them (Capture); it must neither block nor keep
// the slice. lost is called at most once when the device stops by itself (unplugged, sound server gone), on a thread that
// must not call Close.
//
// Errors: ErrNotFound, ErrUnavailable.
func Open(direction Direction, name string, channels int, transfer func(pcm []int16), lost func()) (*Stream, error) {
	context, err := acquire()
	if err != nil {
		return nil, err
	}
	s, err := open(context, direction, name, channels, transfer, lost)
	if err != nil {
		release()
		return nil, err
	}
	return s, nil
}

func open(context *malgo.AllocatedContext, direction Direction, name string, channels int,
	transfer func([]int16), lost func()) (*Stream, error) {
	infos, err := list(context, direction)
	if err != nil {
		return nil, err
	}
	if len(infos) == 0 {
		return nil, ErrUnavailable
	}
	info, err := find(infos, name)
	if err != nil {
		return nil, err
	}

	kind := malgo.Playback
	if direction == Capture {
		kind = malgo.Capture
	}
	config := malgo.DefaultDeviceConfig(kind)
	config.SampleRate = sampleRate
	config.PeriodSizeInFrames = frameSamples
	config.Periods = 3
	side := malgo.SubConfig{Format: malgo.FormatS16, Channels: uint32(channels)}
	var pinned runtime.Pinner // the configuration goes to C with a pointer in it
	defer pinned.Unpin()
	if info != nil {
		pinned.Pin(&info.ID)
		side.DeviceID = unsafe.Pointer(&info.ID)
	}
	s := &Stream{name: name}
	if direction == Capture {
		config.Capture = side
	} else {
		config.Playback = side
	}
	frames := framer{pcm: make([]int16, frameSamples*channels), transfer: transfer, playback: direction == Playback}
	if frames.playback {
		frames.at = len(frames.pcm)
	}
	var gone sync.Once
	callbacks := malgo.DeviceCallbacks{
		Data: func(out, in []byte, _ uint32) {
			if frames.playback {
				frames.fill(samples(out))
			} else {
				frames.take(samples(in))
			}
		},
		Stop: func() { gone.Do(lost) },
	}
	if s.device, err = malgo.InitDevice(context.Context, config, callbacks); err != nil {
		return nil, fmt.Errorf("open sound device %q: %w: %w", name, ErrUnavailable, err)
	}
	if err := s.device.Start(); err != nil {
		s.device.Uninit()
		return nil, fmt.Errorf("start sound device %q: %w: %w", name, ErrUnavailable, err)
	}
	return s, nil
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

// Close stops the device and waits until transfer will not be called again.
func (s *Stream) Close() {
	s.once.Do(func() {
		s.device.Uninit()
		release()
	})
}

// framer cuts a device's periods, whatever their length, into frames of 10 ms. One thread only.
type framer struct {
	pcm      []int16
	at       int
	transfer func([]int16)
	playback bool
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
