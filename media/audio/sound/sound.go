// Package sound is Parley's door to the system's sound cards (miniaudio through malgo): one shared context, lists of
// devices, and streams of 48 kHz 16-bit PCM in frames of 10 ms.
package sound

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

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
		return []malgo.Backend{malgo.BackendPulseaudio, malgo.BackendAlsa, malgo.BackendJack}
	}
	return []malgo.Backend{malgo.BackendSndio, malgo.BackendAudio4, malgo.BackendOss}
}

var shared struct {
	sync.Mutex
	context *malgo.AllocatedContext
	users   int
}

// acquire the shared context. A failure is not remembered: the sound server may come later.
func acquire() (*malgo.AllocatedContext, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.context == nil {
		context, err := malgo.InitContext(backends(), malgo.ContextConfig{}, nil)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		shared.context = context
	}
	shared.users++
	return shared.context, nil
}

// release the context; with its last user it goes, so that a restarted sound server is found again.
func release() {
	shared.Lock()
	defer shared.Unlock()
	if shared.users--; shared.users == 0 {
		_ = shared.context.Uninit()
		shared.context.Free()
		shared.context = nil
	}
}

// Devices lists what can be opened in a direction. Without a sound card: ErrUnavailable.
func Devices(direction Direction) ([]Device, error) {
	context, err := acquire()
	if err != nil {
		return nil, err
	}
	defer release()
	infos, err := list(context, direction)
	if err != nil {
		return nil, err
	}
	devices := make([]Device, len(infos))
	for i := range infos {
		devices[i] = Device{ID: infos[i].ID.String(), Name: infos[i].Name(), Default: infos[i].IsDefault != 0}
	}
	return devices, nil
}

func list(context *malgo.AllocatedContext, direction Direction) ([]malgo.DeviceInfo, error) {
	kind := malgo.Playback
	if direction == Capture {
		kind = malgo.Capture
	}
	infos, err := context.Devices(kind)
	if err != nil {
		return nil, fmt.Errorf("list sound devices: %w: %w", ErrUnavailable, err)
	}
	return infos, nil
}
