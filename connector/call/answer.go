package call

import (
	"context"

	"parley/connector/rtc"
	"parley/connector/signal"
)

// Answer accepts an incoming session. Done as in Start.
func (m *Manager) Answer(session signal.Session, stream rtc.LocalStream, done func(error)) {
	if m.leg != nil {
		done(ErrActive)
		return
	}
	// The session is there from the first moment: a call that fails while it begins must be answered.
	l := m.begin(&leg{number: session.Remote().User, answer: true, stream: stream, done: done, session: session})
	if l == nil {
		return
	}
	offer := session.Offer()
	if offer == "" {
		m.answerWithOffer(l)
		return
	}
	m.sdp("remote", "offer", offer)
	m.work(l, func(ctx context.Context) func() {
		answer, err := l.peer.Answer(ctx, offer)
		return func() {
			if err != nil {
				m.noAnswer(err)
				m.terminate(l, signal.End{Originator: signal.Local, Cause: signal.CauseWebRTC, StatusCode: 488}, 488, "")
				return
			}
			m.accept(l, "answer", answer)
		}
	})
}

// answerWithOffer answers an INVITE without a description: our 200 carries the offer, the ACK the answer (RFC 3261 13.2.1).
func (m *Manager) answerWithOffer(l *leg) {
	m.work(l, func(ctx context.Context) func() {
		offer, err := l.peer.Offer(ctx, rtc.OfferOptions{})
		return func() {
			if err != nil {
				m.noOffer(err)
				m.terminate(l, signal.End{Originator: signal.Local, Cause: signal.CauseWebRTC, StatusCode: 500}, 500, "")
				return
			}
			m.accept(l, "offer", offer)
		}
	})
}

func (m *Manager) accept(l *leg, kind, sdp string) {
	m.deps.Emit("connecting", nil)
	m.sdp("local", kind, sdp)
	if err := l.session.Accept(sdp, nil); err != nil {
		m.fail(l, signal.End{Originator: signal.System, Cause: signal.CauseInternal}, err)
	}
}
