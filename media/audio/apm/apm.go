// Package apm improves the microphone's sound: the WebRTC audio processing module for echo cancellation (AEC3) and noise
// suppression, and our leveler for gain. It is a package of its own because the module's C++ takes minutes to build.
package apm

import (
	"fmt"
	"sync"

	"github.com/livekit/livekit-cli/v2/pkg/apm"

	"parley/media/audio"
)

// Processor is an audio.Processor for a mono or stereo microphone. Sound of more channels passes unchanged.
//
// Echo and noise have a module each, so that switching one does not make the other forget the room. The module's own gain
// is not used: as the binding sets it up it is a limiter that never raises a voice.
type Processor struct {
	setting sync.Mutex // one SetProcessing at a time

	// The modules themselves let capture and render run at once; mu guards their exchange only.
	mu         sync.RWMutex
	closed     bool
	done       audio.Processing
	echo       *apm.APM // nil: off
	noise      *apm.APM
	leveler    audio.Leveler // used by ProcessCapture alone
	resetGain  bool
	mono       []int16
	renderCopy []int16
}

var _ audio.Processor = (*Processor)(nil)

// New makes a processor.
func New(o audio.Processing) (*Processor, error) {
	p := &Processor{}
	if err := p.SetProcessing(o); err != nil {
		return nil, err
	}
	return p, nil
}

// SetProcessing as audio.Processor.
func (p *Processor) SetProcessing(o audio.Processing) error {
	p.setting.Lock()
	defer p.setting.Unlock()
	p.mu.RLock()
	echo, noise, closed := p.echo, p.noise, p.closed
	p.mu.RUnlock()
	if closed {
		return nil
	}
	before := [2]*apm.APM{echo, noise}
	var err error
	// Modules take a while to make: sound goes on meanwhile.
	if echo, err = switched(echo, o.Echo, apm.APMConfig{EchoCanceller: true, HighPassFilter: true, CaptureChannels: 1, RenderChannels: 2}); err != nil {
		return fmt.Errorf("echo cancellation: %w", err)
	}
	if noise, err = switched(noise, o.Noise, apm.APMConfig{NoiseSuppressor: true, HighPassFilter: true, CaptureChannels: 1}); err != nil {
		if echo != before[0] && echo != nil {
			echo.Close()
		}
		return fmt.Errorf("noise suppression: %w", err)
	}
	p.mu.Lock()
	p.resetGain = p.resetGain || o.Gain && !p.done.Gain
	p.echo, p.noise, p.done = echo, noise, o
	p.mu.Unlock()
	for i, now := range [2]*apm.APM{echo, noise} {
		if before[i] != nil && before[i] != now {
			before[i].Close()
		}
	}
	return nil
}

// switched is a module, the same one when it is on already.
func switched(module *apm.APM, on bool, config apm.APMConfig) (*apm.APM, error) {
	switch {
	case !on:
		return nil, nil
	case module != nil:
		return module, nil
	}
	return apm.NewAPM(config)
}

// Processing as audio.Processor.
func (p *Processor) Processing() audio.Processing {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.done
}

// ProcessCapture as audio.Processor. A stereo microphone becomes mono on both sides: the module takes one channel here.
// Not to be called from two goroutines at once.
func (p *Processor) ProcessCapture(pcm []int16, channels int) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed || p.done == (audio.Processing{}) || channels < 1 || channels > 2 || len(pcm) != channels*audio.FrameSamples {
		return
	}
	if channels == 1 {
		p.process(pcm)
		return
	}
	p.mono = audio.Remix(p.mono[:0], pcm, 2, 1)
	p.process(p.mono)
	audio.Remix(pcm[:0], p.mono, 1, 2)
}

// process one channel. The modules fail only for formats they were not made for; the sound then stays as it is.
func (p *Processor) process(pcm []int16) {
	if p.echo != nil {
		_ = p.echo.ProcessCapture(pcm)
	}
	if p.noise != nil {
		_ = p.noise.ProcessCapture(pcm)
	}
	if !p.done.Gain {
		return
	}
	if p.resetGain {
		p.resetGain, p.leveler = false, audio.Leveler{}
	}
	p.leveler.Process(pcm)
}

// ProcessRender as audio.Processor. Not to be called from two goroutines at once.
func (p *Processor) ProcessRender(pcm []int16) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.echo == nil || len(pcm) != 2*audio.FrameSamples {
		return
	}
	// The module may write to what it is given, which others listen to.
	p.renderCopy = append(p.renderCopy[:0], pcm...)
	_ = p.echo.ProcessRender(p.renderCopy)
}

// Close frees the modules. Sound passes unchanged afterwards. Idempotent.
func (p *Processor) Close() error {
	p.setting.Lock()
	defer p.setting.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, module := range []*apm.APM{p.echo, p.noise} {
		if module != nil {
			module.Close()
		}
	}
	p.echo, p.noise = nil, nil
	return nil
}
