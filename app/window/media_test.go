package window

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parley/media/audio"
	"parley/media/device"
)

// listener is a processor that notes what it was given.
type listener struct {
	audio.Processor
	heard atomic.Int64
}

func (l *listener) ProcessCapture([]int16, int) { l.heard.Add(1) }

// A tone is no microphone: what takes noise away would take it away.
func TestATestToneIsNotTakenForNoise(t *testing.T) {
	l := &listener{}
	if processorFor("Headset", l) != audio.Processor(l) || processorFor("", l) != audio.Processor(l) || processorFor("voice.wav", l) != nil {
		t.Error("whose sound is improved")
	}
	plugs := device.NewPlugs()
	defer plugs.Close()
	m := realMedia(Options{Logger: discard(), Processor: l, Silent: true}, plugs)
	track, err := m.Microphone("tone", MicrophoneOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer track.Stop()
	heard := make(chan struct{}, 1)
	track.(interface {
		Tap(func([]int16, int)) func()
	}).Tap(func(pcm []int16, _ int) {
		if slices.Max(pcm) > 0 {
			select {
			case heard <- struct{}{}:
			default:
			}
		}
	})
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Fatal("the tone is not heard")
	}
	if err := m.SwitchMicrophone(track, "tone", MicrophoneOptions{}); err != nil {
		t.Error(err)
	}
	if l.heard.Load() != 0 {
		t.Error("the tone was improved")
	}
}
