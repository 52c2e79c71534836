// Package health finds a dead incoming main video and has it renegotiated (spec connector 8).
package health

import "errors"

// MinSamples in a row make a problem.
const MinSamples = 3

// ErrSamples refuses a number of samples that is not positive.
var ErrSamples = errors.New("minConsecutiveProblemSamplesCount should be a positive integer")

// Reason of a problem; the values are the wire names.
type Reason string

// The reasons, by priority.
const (
	Stalled       Reason = "inbound-video-stalled"
	NoTraffic     Reason = "no-inbound-video-traffic"
	InvalidFrames Reason = "invalid-inbound-frames"
)

// Snapshot of one sample.
type Snapshot struct {
	Muted         bool `json:"isMutedMainVideoTrack"`
	InvalidFrames bool `json:"isInvalidInboundFrames"`
	NoTraffic     bool `json:"isNoInboundVideoTraffic"`
	Stalled       bool `json:"isInboundVideoStalled"`
}

// Detected is the payload of a detection.
type Detected struct {
	Snapshot
	Samples int    `json:"consecutiveProblemSamplesCount"`
	Reason  Reason `json:"reason"`
}

// Resolved is the payload of an end.
type Resolved struct {
	Snapshot
	Reason Reason `json:"reason"`
}

// Reset is the payload of an end by a change of context.
type Reset struct {
	Reason Reason `json:"reason"`
	Cause  string `json:"resetCause"`
}

// Monitor looks at every sample of the statistics. Its methods are called on the loop.
type Monitor struct {
	Emit func(name string, data any) // name without prefix

	min      int
	reason   Reason // of the samples that are counted
	samples  int
	detected Reason // the problem that was told, empty for none
}

// NewMonitor takes the number of samples in a row that make a problem.
func NewMonitor(emit func(string, any), samples int) (*Monitor, error) {
	m := &Monitor{Emit: emit}
	return m, m.SetMinSamples(samples)
}

// SetMinSamples changes it and begins to count anew, without events.
func (m *Monitor) SetMinSamples(samples int) error {
	if samples < 1 {
		return ErrSamples
	}
	m.min, m.reason, m.samples, m.detected = samples, "", 0, ""
	return nil
}

func reasonOf(s Snapshot) Reason {
	switch {
	case s.Stalled:
		return Stalled
	case s.NoTraffic:
		return NoTraffic
	case s.InvalidFrames && s.Muted:
		return InvalidFrames
	}
	return ""
}

// Add looks at a sample. A problem is told once; another reason ends the first problem and counts anew.
func (m *Monitor) Add(s Snapshot) {
	m.Emit("health-snapshot", s)
	reason := reasonOf(s)
	if m.detected != "" && reason != m.detected {
		resolved := m.detected
		m.detected = ""
		m.Emit("inbound-video-problem-resolved", Resolved{s, resolved})
	}
	if reason == "" {
		m.reason, m.samples = "", 0
		return
	}
	if reason != m.reason {
		m.reason, m.samples = reason, 0
	}
	m.samples++
	if m.samples >= m.min && m.detected == "" {
		m.detected = reason
		m.Emit("inbound-video-problem-detected", Detected{s, m.samples, reason})
	}
}

// HandleEvent resets at a change of context; name is one of the call's events without prefix.
func (m *Monitor) HandleEvent(name string) {
	switch name {
	case "peerconnection:confirmed", "recv-session-started", "recv-session-ended", "recv-quality-changed", "failed", "ended":
	default:
		return
	}
	detected := m.detected
	m.reason, m.samples, m.detected = "", 0, ""
	if detected != "" {
		m.Emit("inbound-video-problem-reset", Reset{detected, name})
	}
}
