package device

import (
	"errors"
	"fmt"
	"sync"

	"parley/media/audio/sound"
)

// errUnplugged is why a device source ended by itself.
var errUnplugged = fmt.Errorf("%w: it was unplugged or its driver stopped", ErrUnavailable)

// Microphone is a sound card's input, mono.
type Microphone struct {
	name   string
	mu     sync.Mutex
	begun  bool
	closed bool
	stream *sound.Stream
}

// NewMicrophone by name or ID; "" or "default" is the system's. The device is opened by Start, whose errors are
// ErrNotFound and ErrUnavailable.
func NewMicrophone(name string) *Microphone { return &Microphone{name: name} }

// Label is the name asked for.
func (m *Microphone) Label() string {
	if m.name == "" || m.name == "default" {
		return "Default microphone"
	}
	return m.name
}

// Channels as AudioSource.
func (m *Microphone) Channels() int { return 1 }

// Start as AudioSource.
func (m *Microphone) Start(deliver func(pcm []int16), ended func(error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.begun || m.closed {
		return errState
	}
	m.begun = true
	stream, err := sound.Open(sound.Capture, m.name, m.Channels(), deliver, func() { ended(errUnplugged) })
	if err != nil {
		if !sound.Known(sound.Capture, "") {
			return fmt.Errorf("microphone: %w: none is connected: %w", ErrNotFound, err)
		}
		return soundError("microphone", err)
	}
	m.stream = stream
	return nil
}

// Close as AudioSource.
func (m *Microphone) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.stream != nil {
		m.stream.Close()
		m.stream = nil
	}
	return nil
}

// soundError speaks this package's errors.
func soundError(what string, err error) error {
	kind := ErrUnavailable
	if errors.Is(err, sound.ErrNotFound) {
		kind = ErrNotFound
	}
	return fmt.Errorf("%s: %w: %w", what, kind, err)
}
