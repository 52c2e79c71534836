package call

import (
	"context"
	"errors"

	"parley/connector/rtc"
)

// ErrOnHold is returned when nothing new can be sent because we hold the peer.
var ErrOnHold = errors.New("call: the other side is on hold")

// change of what a call sends. The media engine makes it wait while it negotiates, which may take seconds: it runs off the
// loop, and one after the other in the order in which they were asked for.
type change struct {
	// begin runs on the loop when the turn has come and returns the work; nil: there is none.
	begin func() (work func() error)
	done  func(error) // on the loop, in any case
}

// change does c after all changes before it.
func (m *Manager) change(l *leg, c change) {
	l.changes = append(l.changes, c)
	m.nextChange(l)
}

func (m *Manager) nextChange(l *leg) {
	if l.changing || len(l.changes) == 0 {
		return
	}
	c := l.changes[0]
	l.changes = l.changes[1:]
	l.changing = true
	work := c.begin()
	finish := func(err error) {
		l.changing = false
		c.done(err)
		m.nextChange(l)
	}
	if work == nil {
		finish(nil)
		return
	}
	m.deps.Loop.Go(func(context.Context) func() {
		err := work()
		return func() { finish(err) }
	})
}

// Present sends a presentation in the place of the one before, nil none; done tells whether that has to be negotiated. While
// we hold the peer a presentation that runs may be another one afterwards, but none may begin.
func (m *Manager) Present(track rtc.LocalTrack, done func(renegotiate bool, err error)) {
	l := m.leg
	if l == nil {
		done(false, ErrNone)
		return
	}
	renegotiate := false
	m.change(l, change{
		begin: func() func() error {
			before, peer := l.presented, l.peer
			if l.onHold.Load() && track != nil {
				if before == nil {
					return func() error { return ErrOnHold }
				}
				return nil
			}
			return func() (err error) {
				renegotiate, err = peer.SetTrack(rtc.SlotPresentation, track)
				return err
			}
		},
		done: func(err error) {
			if err == nil || track == nil { // what could not be attached does not come back after a hold
				l.presented = track
			}
			done(renegotiate, err)
		},
	})
}
