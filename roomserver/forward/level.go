package forward

import "time"

// Level is how much of a source an outlet forwards. Nothing is transcoded, so less means fewer frames.
type Level int

// The levels.
const (
	// All forwards everything.
	All Level = iota
	// Fewer leaves out the highest temporal layer, and frames that no other frame is predicted from. A stream with neither
	// is forwarded whole.
	Fewer
	// Least forwards the lowest temporal layer only, or of a stream without layers the key frames, one of which is asked for
	// every two seconds.
	Least
)

func (l Level) String() string { return [...]string{"all", "fewer", "least"}[l] }

// keyFrameEvery is the time between key frames at level Least, for a stream without layers.
const keyFrameEvery = 2 * time.Second

// whole is a value of thinner.broken.
const whole = 1 << 10

// thinner decides which frames of one source go out.
type thinner struct {
	level Level
	top   int // the highest temporal layer seen
	// broken is the lowest layer of which a frame that others need was left out since the last key frame: frames of it and
	// above cannot be decoded.
	broken    int
	begun     bool
	timestamp uint32 // of the newest frame
	keep      bool   // it goes out
	lastKey   time.Time
}

// restart begins with another source.
func (t *thinner) restart() { *t = thinner{level: t.level, broken: whole} }

// wants tells whether a packet goes out. ask tells that a key frame is needed.
func (t *thinner) wants(codec string, timestamp uint32, payload []byte, now time.Time) (keep, ask bool) {
	if d := int32(timestamp - t.timestamp); t.begun && d <= 0 && d > -10*videoClock {
		return t.keep, false // of the same frame; late ones are sorted out by their sequence numbers
	}
	t.begun, t.timestamp = true, timestamp
	if startsKeyFrame(codec, payload) {
		t.broken, t.lastKey, t.keep = whole, now, true
		return true, false
	}
	d, _ := describe(codec, payload)
	t.top = max(t.top, d.layer)
	t.keep = t.allows(d) && d.layer < t.broken
	if !t.keep && !d.discardable {
		t.broken = min(t.broken, d.layer)
	}
	return t.keep, t.broken == 0 && (t.level < Least || now.Sub(t.lastKey) > keyFrameEvery)
}

func (t *thinner) allows(d descriptor) bool {
	switch t.level {
	case Fewer:
		return !d.discardable && (t.top == 0 || d.layer < t.top)
	case Least:
		return t.top > 0 && d.layer == 0
	}
	return true
}
