package stats

import (
	"errors"
	"fmt"
	"time"

	"parley/connector/loop"
)

// Strictness of the proof that a new track is really being sent.
type Strictness string

// The degrees.
const (
	Fast   Strictness = "fast"
	Normal Strictness = "normal"
	Strict Strictness = "strict"
)

// threshold is how far the counters have to grow, and on how many samples in a row.
type threshold struct {
	packets, bytes, frames float64
	samples                int
}

var thresholds = map[Strictness]threshold{
	Fast: {1, 0, 0, 1}, Normal: {5, 8000, 3, 1}, Strict: {10, 16_000, 5, 2},
}

// VerifyTimeout bounds the wait for the proof.
const VerifyTimeout = 5 * time.Second

// Sent is what one collection says of the outgoing main video. Nil members are not known.
type Sent struct {
	TrackID                string
	Packets, Bytes, Frames *float64 // frames: encoded, else produced by the source
}

// ErrNotSent is a track whose packets did not appear in time.
type ErrNotSent struct{ TrackID string }

func (e *ErrNotSent) Error() string {
	return fmt.Sprintf("Timed out waiting for outbound-rtp packets with video track %s", e.TrackID)
}

// ErrStopped ends a proof that is not wanted any more.
var ErrStopped = errors.New("verification stopped")

// Verifier proves from samples that a track is being sent. Its methods are called on the loop.
type Verifier struct {
	Loop *loop.Loop

	waits []*proof
}

type proof struct {
	track    string
	need     threshold
	baseline Sent
	before   Sent
	positive int
	timer    *loop.Timer
	done     func(error)
}

// Wait calls done when the track is proven to be sent, or with *ErrNotSent after the timeout (0: VerifyTimeout). Growth
// counts from baseline, what was sent until then: packets of a track whose place it takes prove nothing.
func (v *Verifier) Wait(baseline Sent, track string, strictness Strictness, timeout time.Duration, done func(error)) {
	need, known := thresholds[strictness]
	if !known {
		need = thresholds[Normal]
	}
	if timeout == 0 {
		timeout = VerifyTimeout
	}
	p := &proof{track: track, need: need, baseline: baseline, before: baseline, done: done}
	p.timer = v.Loop.After(timeout, func() {
		v.remove(p)
		p.done(&ErrNotSent{p.track})
	})
	v.waits = append(v.waits, p)
}

// Add is told of every sample.
func (v *Verifier) Add(s Sent) {
	for _, p := range append([]*proof(nil), v.waits...) {
		if p.add(s) {
			p.timer.Stop()
			v.remove(p)
			p.done(nil)
		}
	}
}

// Reset ends every wait.
func (v *Verifier) Reset() {
	waits := v.waits
	v.waits = nil
	for _, p := range waits {
		p.timer.Stop()
		p.done(ErrStopped)
	}
}

func (v *Verifier) remove(p *proof) {
	for i, other := range v.waits {
		if other == p {
			v.waits = append(v.waits[:i:i], v.waits[i+1:]...)
			return
		}
	}
}

// add tells whether the sample completes the proof.
func (p *proof) add(s Sent) bool {
	before := p.before
	p.before = s
	grown := func(now, base *float64) float64 { return value(now) - value(base) }
	switch {
	case s.TrackID != p.track, s.Packets == nil, grown(s.Packets, before.Packets) <= 0,
		grown(s.Packets, p.baseline.Packets) < p.need.packets, grown(s.Bytes, p.baseline.Bytes) < p.need.bytes,
		p.need.frames > 0 && (s.Frames == nil || grown(s.Frames, p.baseline.Frames) < p.need.frames):
		p.positive = 0
		return false
	}
	p.positive++
	return p.positive >= p.need.samples
}

func value(n *float64) float64 {
	if n == nil {
		return 0
	}
	return *n
}
