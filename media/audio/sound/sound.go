// Package sound is Parley's door to the system's sound cards (miniaudio through malgo): lists of devices, and
// streams of 48 kHz 16-bit PCM in frames of 10 ms.
package sound

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/gen2brain/malgo"
)

// Errors of Open. The caller tells them apart: one is about a name, the other about the machine.
var (
	ErrNotFound    = errors.New("no such sound device")
	ErrUnavailable = errors.New("no sound card that can be used")
)

// Direction of a stream.
type Direction int

// The two directions.
const (
	Playback Direction = iota
	Capture
)

// Device as the system lists it.
type Device struct {
	ID      string // unique, stable as far as the system's is
	Name    string // for people
	Default bool   // the system's default now
}

// backends this platform has. The list is explicit because miniaudio's own ends with its null backend, which would
// pretend that a machine without a sound card has one.
func backends() []malgo.Backend {
	switch runtime.GOOS {
	case "windows":
		return []malgo.Backend{malgo.BackendWasapi, malgo.BackendDsound, malgo.BackendWinmm}
	case "darwin", "ios":
		return []malgo.Backend{malgo.BackendCoreaudio}
	case "linux":
		// Not JACK: where its server does not run, its library writes several lines to standard error at each try, and where
		// it does, PipeWire or ALSA lead to the same card.
		return []malgo.Backend{malgo.BackendPulseaudio, malgo.BackendAlsa}
	}
	return []malgo.Backend{malgo.BackendSndio, malgo.BackendAudio4, malgo.BackendOss}
}

// card is a connection to the system's sound, of one stream or one listing. It is not shared: a sound server that hangs
// or was restarted then spoils nothing but what was connected to it.
type card struct {
	context *malgo.AllocatedContext
	backend malgo.Backend
}

// connect takes the first backend that has any device. They are tried one by one because ALSA always starts, and would
// hide what comes after it.
func connect() (*card, error) {
	errs := []error{ErrUnavailable}
	for _, backend := range backends() {
		context, err := malgo.InitContext([]malgo.Backend{backend}, malgo.ContextConfig{}, nil)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c := &card{context, backend}
		for _, direction := range []Direction{Playback, Capture} {
			if infos, err := c.list(direction); err == nil && len(infos) > 0 {
				return c, nil
			}
		}
		c.close()
	}
	return nil, errors.Join(errs...)
}

func (c *card) close() {
	_ = c.context.Uninit()
	c.context.Free()
}

// Devices lists what can be opened in a direction. Without a sound card: ErrUnavailable.
func Devices(direction Direction) ([]Device, error) {
	c, err := connect()
	if err != nil {
		return nil, err
	}
	defer c.close()
	infos, err := c.list(direction)
	if err != nil {
		return nil, err
	}
	devices := make([]Device, len(infos))
	for i := range infos {
		devices[i] = Device{ID: infos[i].ID.String(), Name: infos[i].Name(), Default: infos[i].IsDefault != 0}
	}
	return devices, nil
}

// Known tells whether a device can be found now; "" and "default" where there is any.
func Known(direction Direction, name string) bool {
	c, err := connect()
	if err != nil {
		return false
	}
	defer c.close()
	infos, err := c.list(direction)
	if err != nil || len(infos) == 0 {
		return false
	}
	_, err = find(infos, name)
	return err == nil
}

func (c *card) list(direction Direction) ([]malgo.DeviceInfo, error) {
	kind := malgo.Playback
	if direction == Capture {
		kind = malgo.Capture
	}
	infos, err := c.context.Devices(kind)
	if err != nil {
		return nil, fmt.Errorf("list sound devices: %w: %w", ErrUnavailable, err)
	}
	if c.backend == malgo.BackendAlsa {
		infos = slices.DeleteFunc(infos, func(i malgo.DeviceInfo) bool { return !isCard(i.ID) })
	}
	return infos, nil
}

// isCard tells ALSA's sound cards (hw:0,0) from its plugins, which are there without any card.
func isCard(id malgo.DeviceID) bool { return bytes.Contains(id[:8], []byte("hw:")) }
