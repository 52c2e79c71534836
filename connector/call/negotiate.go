package call

import (
	"context"
	"errors"
	"strings"
	"time"

	"parley/connector/connection"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// answerTimeout is how long an offer of ours waits for its answer; then it is cancelled. SIP lets the other side be busy with a
// re-INVITE for as long as it likes, and nothing else can be negotiated meanwhile: no presentation, no ICE restart.
const answerTimeout = time.Minute

// Negotiation says how an offer of ours goes out.
type Negotiation struct {
	Offer     rtc.OfferOptions
	UseUpdate bool // UPDATE (RFC 3311) instead of re-INVITE; a peer without UPDATE gets a re-INVITE
	Headers   []signal.Header
}

// Renegotiate offers anew in the dialog (re-INVITE). A failure leaves the call as it was.
func (m *Manager) Renegotiate(done func(error)) { m.Negotiate(Negotiation{}, done) }

// Negotiate offers in the dialog. A failure leaves the call as it was.
func (m *Manager) Negotiate(n Negotiation, done func(error)) {
	l := m.leg
	if l == nil {
		done(ErrNone)
		return
	}
	m.enqueue(l, operation{run: func(ctx context.Context) error { return m.reinvite(ctx, l, n) }, done: done})
}

func (m *Manager) enqueue(l *leg, op operation) {
	l.operations = append(l.operations, op)
	m.next(l)
}

// next runs the next negotiation of a confirmed call.
func (m *Manager) next(l *leg) {
	if l.busy || !l.confirmed || len(l.operations) == 0 || m.leg != l {
		return
	}
	op := l.operations[0]
	l.operations = l.operations[1:]
	l.busy = true
	finished := false
	finish := func(err error) {
		if finished {
			return
		}
		finished = true
		op.done(err)
	}
	m.deps.Loop.Go(func(context.Context) func() {
		err := op.run(l.ctx)
		return func() {
			l.busy = false
			if m.leg != l && err != nil && errors.Is(err, context.Canceled) {
				err = ErrNone
			}
			finish(err)
			m.next(l)
		}
	})
}

// reinvite runs outside the loop.
func (m *Manager) reinvite(ctx context.Context, l *leg, n Negotiation) error {
	held := l.onHold.Load()
	if held { // until the person takes the call back
		n.Offer.NoAudio, n.Offer.NoVideo = true, true
	}
	offer, err := l.peer.Offer(ctx, n.Offer)
	if err != nil {
		m.post(l, func() { m.noOffer(err) })
		return err
	}
	m.post(l, func() { m.sdp("local", "offer", offer) })
	send := l.session.Reinvite
	if n.UseUpdate {
		send = l.session.Update
	}
	waiting, stop := context.WithTimeout(ctx, answerTimeout)
	answer, err := send(waiting, offer, n.Headers)
	stop()
	if err == nil {
		m.post(l, func() { m.sdp("remote", "answer", answer) })
		err = l.peer.ApplyAnswer(ctx, answer)
	}
	if err == nil {
		l.agreed.Store(held)
		return nil
	}
	if undo := l.peer.Rollback(context.WithoutCancel(ctx)); undo != nil {
		err = errors.Join(err, undo)
	}
	return err
}

// onOffer answers a re-INVITE or UPDATE of the peer.
func (m *Manager) onOffer(l *leg, o signal.InDialogOffer) {
	switch {
	case m.leg != l || l.ending:
		o.Reject(481, "Call/Transaction Does Not Exist")
		return
	case l.busy || l.applying:
		o.Reject(491, "Request Pending")
		return
	}
	name := "reinvite"
	if o.Method == "UPDATE" {
		name = "update"
	}
	m.deps.Emit(name, nil)
	if m.leg != l {
		o.Reject(481, "Call/Transaction Does Not Exist")
		return
	}
	l.busy = true
	if o.Offer == "" {
		m.offerBack(l, o)
		return
	}
	m.sdp("remote", "offer", o.Offer)
	m.deps.Loop.Go(func(context.Context) func() {
		answer, err := l.peer.Answer(l.ctx, o.Offer)
		if err != nil {
			_ = l.peer.Rollback(context.WithoutCancel(l.ctx))
			o.Reject(488, "Not Acceptable Here")
		}
		return func() {
			l.busy = false
			switch {
			case m.leg != l:
				if err == nil {
					o.Reject(481, "Call/Transaction Does Not Exist")
				}
				return
			case err != nil:
				m.noAnswer(err)
			default:
				m.sdp("local", "answer", answer)
				o.Accept(answer)
				m.checkHold(l, o.Offer)
			}
			m.next(l)
		}
	})
}

// offerBack answers a re-INVITE without a description: our 200 carries the offer, the ACK their answer.
func (m *Manager) offerBack(l *leg, o signal.InDialogOffer) {
	m.deps.Loop.Go(func(context.Context) func() {
		held := l.onHold.Load()
		offer, err := l.peer.Offer(l.ctx, rtc.OfferOptions{NoAudio: held, NoVideo: held})
		return func() {
			if err != nil || m.leg != l {
				l.busy = false
				o.Reject(488, "Not Acceptable Here")
				m.next(l)
				return
			}
			m.sdp("local", "offer", offer)
			o.OnAnswer(func(answer string) { m.post(l, func() { m.applyLate(l, answer) }) })
			o.Accept(offer)
		}
	})
}

func (m *Manager) applyLate(l *leg, answer string) {
	if answer != "" {
		m.sdp("remote", "answer", answer)
	}
	m.deps.Loop.Go(func(context.Context) func() {
		err := errMissingSDP
		if answer != "" {
			err = l.peer.ApplyAnswer(l.ctx, answer)
		}
		if err != nil {
			_ = l.peer.Rollback(context.WithoutCancel(l.ctx))
		}
		return func() {
			l.busy = false
			if m.leg != l {
				return
			}
			if err != nil {
				m.deps.Emit("peerconnection:setremotedescriptionfailed", m.unusable(err))
			} else {
				m.checkHold(l, answer)
			}
			m.next(l)
		}
	})
}

func (m *Manager) checkHold(l *leg, sdp string) {
	now := held(sdp)
	if now == l.held {
		return
	}
	l.held = now
	m.emitHold(now, "remote")
}

// maxReason bounds what the log quotes of an error about a description, bytes: a peer has written parts of it.
const maxReason = 300

// unusable logs once why a description could not be made or used, and gives the payload of the event that tells of it.
func (m *Manager) unusable(err error) map[string]connection.ErrorInfo {
	reason := err.Error()
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	m.deps.Logger.Warn("description of no use", "error", reason)
	return connection.ErrorData(err)
}
