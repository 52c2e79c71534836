package call

import (
	"errors"

	"parley/connector/rtc"
)

// holding is a change of the hold that the peer has to agree to.
type holding struct{ waiting []func(error) }

// Hold puts the peer on hold or takes the call back: sendrecv is offered as sendonly, recvonly as inactive (RFC 3264 8.4),
// and nothing is sent while we hold, a presentation neither. Done runs when the peer has agreed; a failure leaves the call
// as it was.
func (m *Manager) Hold(on bool, done func(error)) {
	l := m.leg
	switch {
	case l == nil || !l.confirmed || l.ending:
		done(ErrNone)
		return
	case l.onHold.Load() == on:
		if l.holding == nil {
			done(nil)
			return
		}
		l.holding.waiting = append(l.holding.waiting, done) // asked for already: the same answer is for both
		return
	}
	h := &holding{waiting: []func(error){done}}
	l.holding = h
	l.onHold.Store(on)
	if on {
		m.follow(l, func() { m.negotiateHold(l, h) })
		return
	}
	m.negotiateHold(l, h)
}

// negotiateHold has the peer agree to what was asked for, and sends accordingly.
func (m *Manager) negotiateHold(l *leg, h *holding) {
	settle := func(err error) {
		if l.holding == h {
			l.holding = nil
		}
		for _, fn := range h.waiting {
			fn(err)
		}
	}
	if m.leg != l {
		settle(ErrNone)
		return
	}
	m.Renegotiate(func(err error) {
		if m.leg != l {
			settle(err)
			return
		}
		if err != nil && l.holding == h { // nothing newer was asked for
			l.onHold.Store(l.agreed.Load())
		}
		m.follow(l, func() {
			if m.leg == l {
				m.tellHold(l)
			}
			settle(err)
		})
	})
}

// OnHold tells whether we hold the peer.
func (m *Manager) OnHold() bool { return m.leg != nil && m.leg.onHold.Load() }

// Held tells whether the peer holds us.
func (m *Manager) Held() bool { return m.leg != nil && m.leg.held }

// follow sends what belongs to the state of the call, nothing while we hold, and goes on with then.
func (m *Manager) follow(l *leg, then func()) {
	m.change(l, change{
		begin: func() func() error {
			peer, stream, presented := l.peer, l.stream, l.presented
			switch {
			case m.leg != l:
				return nil
			case l.onHold.Load():
				return func() error { return silence(peer, presented != nil) }
			}
			return func() error {
				err := setTracks(peer, stream)
				if presented != nil {
					_, presenting := peer.SetTrack(rtc.SlotPresentation, presented)
					err = errors.Join(err, presenting)
				}
				return err
			}
		},
		done: func(err error) {
			if err != nil {
				m.deps.Logger.Debug("send what the hold lets through", "error", err)
			}
			then()
		},
	})
}

// silence sends nothing.
func silence(peer rtc.PeerConnection, presents bool) (err error) {
	slots := []rtc.Slot{rtc.SlotAudio, rtc.SlotMain}
	if presents {
		slots = append(slots, rtc.SlotPresentation)
	}
	for _, slot := range slots {
		_, silent := peer.SetTrack(slot, nil)
		err = errors.Join(err, silent)
	}
	return err
}

// tellHold tells when we hold the peer and did not, or the other way round: what was taken back before the peer had
// agreed to it was never there.
func (m *Manager) tellHold(l *leg) {
	if now := l.onHold.Load(); now != l.toldHold {
		l.toldHold = now
		m.emitHold(now, "local")
	}
}

func (m *Manager) emitHold(on bool, originator string) {
	name := "unhold"
	if on {
		name = "hold"
	}
	m.deps.Emit(name, map[string]string{"originator": originator})
}
