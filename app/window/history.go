package window

import (
	"time"

	"parley/connector/call"
	"parley/connector/incoming"
	"parley/connector/session"
	"parley/views"
)

// history makes entries of the call list from the snapshots that go by.
type history struct {
	running *views.Recent // the call that goes on
	started time.Time     // when it was established
	ringing *views.Recent // the call that rings
}

// follow takes the next snapshot and returns an entry when a call is over.
func (h *history) follow(s session.Snapshot, now time.Time) *views.Recent {
	if done := h.followRinging(s.Incoming, now); done != nil {
		return done
	}
	switch {
	case s.Call.State == call.Idle:
		if h.running == nil || s.Redial.State.Reconnecting() { // a call that is restored is one call
			return nil
		}
		done := h.running
		if done.Answered {
			done.Length = now.Sub(h.started).Round(time.Second)
		}
		h.running = nil
		return done
	case h.running == nil:
		h.running = &views.Recent{Number: s.Call.Number, Name: s.Call.RemoteName, Incoming: s.Call.Answer, Begun: now}
	}
	if s.Call.Number != "" {
		h.running.Number = s.Call.Number
	}
	if s.Call.RemoteName != "" {
		h.running.Name = s.Call.RemoteName
	}
	if s.Call.State.Active() && !h.running.Answered {
		h.running.Answered = true
		h.started = now
	}
	return nil
}

// followRinging remembers a call that was not answered.
func (h *history) followRinging(in session.Incoming, now time.Time) *views.Recent {
	switch {
	case in.State == incoming.Ringing:
		if h.ringing == nil {
			h.ringing = &views.Recent{Number: in.Number, Name: in.DisplayName, Incoming: true, Begun: now}
		}
	case h.ringing != nil:
		missed := h.ringing
		h.ringing = nil
		missed.Declined = in.State == incoming.Declined
		if in.State != incoming.Consumed {
			return missed
		}
	}
	return nil
}
