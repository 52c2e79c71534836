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
	running   *views.Recent // the call that goes on
	started   time.Time     // when it was established
	ringing   *views.Recent // the call that rings
	ringingID string
}

// follow takes the next snapshot and returns an entry for each call that is over.
func (h *history) follow(s session.Snapshot, now time.Time) (ended []views.Recent) {
	if missed := h.followRinging(s, now); missed != nil {
		ended = append(ended, *missed)
	}
	if s.Call.State == call.Idle {
		if h.running == nil || s.Redial.State.Reconnecting() { // a call that is restored is one call
			return ended
		}
		return append(ended, h.end(now))
	}
	if h.running != nil && h.another(s.Call) { // hung up and answered in one step
		ended = append(ended, h.end(now))
	}
	if h.running == nil {
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
	return ended
}

// another tells whether the call is not the one that went on until now.
func (h *history) another(now session.Call) bool {
	return now.Number != "" && (now.Answer != h.running.Incoming || now.Number != h.running.Number)
}

func (h *history) end(now time.Time) views.Recent {
	done := *h.running
	h.running = nil
	if done.Answered {
		done.Length = now.Sub(h.started).Round(time.Second)
	}
	return done
}

// followRinging remembers a call that was not answered.
func (h *history) followRinging(s session.Snapshot, now time.Time) *views.Recent {
	in, missed := s.Incoming, h.ringing
	switch {
	case in.State != incoming.Ringing:
		h.ringing = nil
	case missed == nil || in.ID != h.ringingID: // with call waiting the next one rings in its place
		h.ringing = &views.Recent{Number: in.Number, Name: in.DisplayName, Incoming: true, Begun: now}
		h.ringingID = in.ID
	default:
		return nil
	}
	if missed == nil || in.State == incoming.Consumed {
		return nil
	}
	if in.State == incoming.Ringing && s.Call.Answer && s.Call.Number == missed.Number {
		return nil // it was answered
	}
	missed.Declined = in.State == incoming.Declined
	return missed
}
