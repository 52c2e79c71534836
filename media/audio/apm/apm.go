// Package apm cleans the microphone's sound with the WebRTC audio processing module: echo cancellation (AEC3), noise
// suppression and automatic gain. It is a package of its own because its C++ takes minutes to build.
package apm

import (
	"fmt"
	"sync"

	"github.com/livekit/livekit-cli/v2/pkg/apm"

	"parley/media/audio"
)

// Options choose what is done.
type Options struct {
	Echo  bool // cancel what the speakers play
	Noise bool // suppress steady noise
	Gain  bool // bring voices to one loudness
}

// Processor is an audio.Processor for a mono or stereo microphone. Sound of more channels passes unchanged.
type Processor struct {
	// The module itself lets capture and render run at once; mu guards its end only.
	mu     sync.RWMutex
	module *apm.APM
	mono   []int16
}

var _ audio.Processor = (*Processor)(nil)

// New makes a processor.
func New(o Options) (*Processor, error) {
	module, err := apm.NewAPM(apm.APMConfig{
		EchoCanceller: o.Echo, NoiseSuppressor: o.Noise, GainController: o.Gain, HighPassFilter: o.Echo || o.Noise,
		CaptureChannels: 1, RenderChannels: 2,
	})
	if err != nil {
		return nil, fmt.Errorf("audio processing: %w", err)
	}
	return &Processor{module: module}, nil
}

// ProcessCapture as audio.Processor. A stereo microphone becomes mono on both sides: the module takes one channel here.
// Not to be called from two goroutines at once.
func (p *Processor) ProcessCapture(pcm []int16, channels int) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.module == nil || channels < 1 || channels > 2 || len(pcm) != channels*audio.FrameSamples {
		return
	}
	if channels == 1 {
		_ = p.module.ProcessCapture(pcm) // fails only for formats it was not made for; the sound then stays as it is
		return
	}
	p.mono = audio.Remix(p.mono[:0], pcm, 2, 1)
	if p.module.ProcessCapture(p.mono) == nil {
		audio.Remix(pcm[:0], p.mono, 1, 2)
	}
}

// ProcessRender as audio.Processor.
func (p *Processor) ProcessRender(pcm []int16) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.module == nil || len(pcm) != 2*audio.FrameSamples {
		return
	}
	_ = p.module.ProcessRender(pcm) // see above
}

// Close frees the module. Sound passes unchanged afterwards. Idempotent.
func (p *Processor) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.module != nil {
		p.module.Close()
		p.module = nil
	}
	return nil
}
