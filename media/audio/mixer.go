package audio

import (
	"slices"
	"sync"
)

// Mixer adds up its inputs. It is an Input itself: an Output pulls it every 10 ms.
//
// Add, Remove and Tap may be called from any goroutine; none of them waits longer than one pull.
type Mixer struct {
	mu     sync.Mutex
	inputs []*mixerInput
	taps   []*mixerTap
	sum    []int32
	one    []int16
	meter  Meter
	wake   chan struct{} // holds one: somebody came or went
}

type mixerInput struct {
	input Input
	gain  float32
	meter Meter
}

type mixerTap struct {
	fn       func([]int16)
	overhear bool // it takes what there is, and is no reason to mix
}

// NewMixer without inputs: silence.
func NewMixer() *Mixer { return &Mixer{wake: make(chan struct{}, 1)} }

// Needed tells whether anybody would miss the mix: something plays, or something listens.
func (m *Mixer) Needed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.inputs) > 0 || slices.ContainsFunc(m.taps, func(t *mixerTap) bool { return !t.overhear })
}

// Changes says that Needed may be another than before. It is for one receiver.
func (m *Mixer) Changes() <-chan struct{} { return m.wake }

// changed wakes who waits for Changes; a nil channel (a Mixer that NewMixer did not make) wakes nobody.
func (m *Mixer) changed() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Add an input. Adding it again does nothing.
func (m *Mixer) Add(in Input) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.find(in) == nil {
		m.inputs = append(m.inputs, &mixerInput{input: in, gain: 1})
		m.changed()
	}
}

// Remove an input: when it returns, the mixer does not pull it any more.
func (m *Mixer) Remove(in Input) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inputs = slices.DeleteFunc(m.inputs, func(i *mixerInput) bool { return i.input == in })
	m.changed()
}

// SetGain of an input, linear: 1 is unchanged.
func (m *Mixer) SetGain(in Input, gain float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.find(in); i != nil {
		i.gain = float32(gain)
	}
}

// Level of an input as Meter gives it; 0 for one that was not added.
func (m *Mixer) Level(in Input) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.find(in); i != nil {
		return i.meter.Level()
	}
	return 0
}

// MixLevel is the level of the sum.
func (m *Mixer) MixLevel() float64 { return m.meter.Level() }

func (m *Mixer) find(in Input) *mixerInput {
	for _, i := range m.inputs {
		if i.input == in {
			return i
		}
	}
	return nil
}

// Tap calls fn with every mixed frame (stereo, valid until fn returns) until cancel: for recording. fn must be quick and
// must not call the mixer.
func (m *Mixer) Tap(fn func(pcm []int16)) (cancel func()) { return m.tap(&mixerTap{fn: fn}) }

// Overhear is Tap for who wants what is played, if anything is: as the far end of echo cancellation, say. It does not make
// the mix Needed.
func (m *Mixer) Overhear(fn func(pcm []int16)) (cancel func()) {
	return m.tap(&mixerTap{fn: fn, overhear: true})
}

func (m *Mixer) tap(tap *mixerTap) (cancel func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.taps = append(m.taps, tap)
	m.changed()
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.taps = slices.DeleteFunc(m.taps, func(t *mixerTap) bool { return t == tap })
		m.changed()
	}
}

// Read mixes one frame (Input).
func (m *Mixer) Read(pcm []int16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if cap(m.sum) < len(pcm) {
		m.sum, m.one = make([]int32, len(pcm)), make([]int16, len(pcm))
	}
	sum, one := m.sum[:len(pcm)], m.one[:len(pcm)]
	clear(sum)
	for _, in := range m.inputs {
		in.input.Read(one)
		in.meter.Add(one)
		if in.gain == 1 {
			for i, v := range one {
				sum[i] += int32(v)
			}
			continue
		}
		for i, v := range one {
			sum[i] += int32(float32(v) * in.gain)
		}
	}
	for i, v := range sum {
		pcm[i] = saturate(v)
	}
	m.meter.Add(pcm)
	for _, tap := range m.taps {
		tap.fn(pcm)
	}
}
