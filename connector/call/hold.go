package call

import (
	"parley/connector/rtc"
)

// Hold puts the peer on hold or takes the call back: sendrecv is offered as sendonly, recvonly as inactive (RFC 3264 8.4),
// and nothing is sent while we hold. Done runs when the peer has agreed; a failure leaves the call as it was.
func (m *Manager) Hold(on bool, done func(error)) {
	l := m.leg
	switch {
	case l == nil || !l.confirmed || l.ending:
		done(ErrNone)
		return
	case l.onHold.Load() == on:
		done(nil)
		return
	}
	l.onHold.Store(on)
	if on {
		m.silence(l)
	}
	m.Renegotiate(func(err error) {
		switch {
		case m.leg != l:
		case err != nil && l.onHold.Load() == on:
			l.onHold.Store(!on)
			m.follow(l)
		case err == nil:
			m.follow(l)
			m.tellHold(on, "local")
		}
		done(err)
	})
}

// OnHold tells whether we hold the peer.
func (m *Manager) OnHold() bool { return m.leg != nil && m.leg.onHold.Load() }

// Held tells whether the peer holds us.
func (m *Manager) Held() bool { return m.leg != nil && m.leg.held }

// follow sends what belongs to the state of the call: nothing while we hold.
func (m *Manager) follow(l *leg) {
	if l.onHold.Load() {
		m.silence(l)
		return
	}
	if err := setTracks(l.peer, l.stream); err != nil {
		m.deps.Logger.Debug("send again after hold", "error", err)
	}
}

func (m *Manager) silence(l *leg) {
	for _, slot := range []rtc.Slot{rtc.SlotAudio, rtc.SlotMain} {
		if _, err := l.peer.SetTrack(slot, nil); err != nil {
			m.deps.Logger.Debug("send nothing on hold", "error", err)
		}
	}
}

func (m *Manager) tellHold(on bool, originator string) {
	name := "unhold"
	if on {
		name = "hold"
	}
	m.deps.Emit(name, map[string]string{"originator": originator})
}
