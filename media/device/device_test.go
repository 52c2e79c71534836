package device

import (
	"errors"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMachineWithoutDevices(t *testing.T) {
	// Where the machine running the tests has devices, there is nothing to see here.
	if len(Cameras()) == 0 {
		if _, err := OpenVideo("", VideoOptions{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("camera: %v", err)
		}
	}
	if len(Microphones()) == 0 {
		if _, err := OpenAudioTrack("default", TrackOptions{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("microphone: %v", err)
		}
	}
}
