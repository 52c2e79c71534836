package views

import (
	"parley/connector/call"
	"parley/connector/session"
)

// talked is what is remembered of a call when it is over: to say what ended, and to call again.
type talked struct {
	going       bool
	established bool // it was, for some time
	answered    bool // not dialled
	number      string
	person      string // or room
}

// follow takes the next snapshot; it reports whether a new call has begun.
func (t *talked) follow(s session.Snapshot) (begun bool) {
	if s.Call.State == call.Idle || s.Call.State == "" {
		t.going = s.Redial.State.Reconnecting() // between two attempts it is the same call
		return false
	}
	if !t.going {
		*t = talked{going: true}
		begun = true
	}
	t.answered = s.Call.Answer
	t.established = t.established || s.Call.State.Active()
	if s.Call.Number != "" {
		t.number = s.Call.Number
	}
	if name := callTitle(s.Call); name != "" {
		t.person = name
	}
	return begun
}

// name of whom, or of the room, the call was with.
func (t *talked) name() string {
	if t.person != "" {
		return t.person
	}
	return shorten(t.number)
}
