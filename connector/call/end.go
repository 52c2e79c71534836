package call

import (
	"context"
	"errors"

	"parley/connector/rtc"
	"parley/connector/signal"
)

// HangUp ends the call: CANCEL before an answer, BYE after it. Done runs when the call is over.
func (m *Manager) HangUp(done func(error)) {
	l := m.leg
	if l == nil {
		done(nil)
		return
	}
	l.hungUp = append(l.hungUp, func() { done(nil) })
	if l.ending {
		return
	}
	cause := signal.CauseCanceled
	if l.accepted {
		cause = signal.CauseTerminated
	}
	m.terminate(l, signal.End{Originator: signal.Local, Cause: cause}, 0, "")
}

// Leave ends the call at once: the peer is told meanwhile, and the next call need not wait for its answer.
func (m *Manager) Leave() {
	l := m.leg
	m.HangUp(func(error) {})
	if l != nil && m.leg == l {
		m.over(l, signal.End{Originator: signal.Local, Cause: signal.CauseTerminated})
	}
}

// Fail ends the call for a reason of our own.
func (m *Manager) Fail(end signal.End) {
	if l := m.leg; l != nil {
		m.terminate(l, end, end.StatusCode, "")
	}
}

// terminate announces the end, tells the peer and ends the call whatever the peer says. What is reported is end.
func (m *Manager) terminate(l *leg, end signal.End, code int, reason string) {
	if l.ending {
		return
	}
	l.ending = true
	l.forced = &end
	m.machine.Send(EventStartDisconnect, Event{})
	m.deps.Emit("end-call", nil)
	if m.leg != l {
		return
	}
	if l.session == nil {
		m.over(l, end)
		return
	}
	session := l.session
	m.deps.Loop.Go(func(ctx context.Context) func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), terminateTimeout)
		defer cancel()
		_ = session.Terminate(ctx, code, reason)
		return func() {
			if m.leg == l {
				m.over(l, end)
			}
		}
	})
}

// fail ends a call that has no dialog.
func (m *Manager) fail(l *leg, end signal.End, err error) {
	l.ending = true
	if l.session != nil {
		session := l.session
		m.deps.Loop.Go(func(ctx context.Context) func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), terminateTimeout)
			defer cancel()
			_ = session.Terminate(ctx, end.StatusCode, "")
			return nil
		})
	}
	m.finish(l, end, err)
}

// over is the end of a call as the session reports it.
func (m *Manager) over(l *leg, end signal.End) {
	if l.forced != nil {
		end = *l.forced
	}
	m.finish(l, end, nil)
}

func (m *Manager) finish(l *leg, end signal.End, err error) {
	if l.over {
		return
	}
	l.over = true
	m.leg = nil
	l.cancel()
	failure := errorOf(end)
	failure.Err = err
	if end.Originator == signal.Remote {
		m.deps.Emit("ended:fromserver", failure)
	}
	if l.accepted {
		m.deps.Emit("call-status-changed", statusData{false})
	}
	m.board.Reset(false)
	m.machine.Send(EventReset, Event{})
	name := "failed"
	if l.accepted {
		name = "ended"
	}
	m.deps.Emit(name, failure)
	for _, op := range l.operations {
		op.done(failure)
	}
	l.operations = nil
	m.settle(l, failure)
	for _, fn := range l.hungUp {
		fn()
	}
	m.close(l.peer)
}

func (m *Manager) close(peer rtc.PeerConnection) {
	if peer == nil {
		return
	}
	m.deps.Loop.Go(func(context.Context) func() {
		if err := peer.Close(); err != nil && !errors.Is(err, context.Canceled) {
			m.deps.Logger.Debug("close peer connection", "error", err)
		}
		return nil
	})
}

// onPeerState ends a call whose media path is gone for good (protocol.md: BYE with Reason 408 "RTP Timeout").
func (m *Manager) onPeerState(l *leg, state rtc.ConnectionState) {
	m.deps.Logger.Debug("peer connection", "state", state)
	if m.deps.OnPeerState != nil {
		m.deps.OnPeerState(state)
	}
	if state != rtc.StateFailed || l.ending || !l.confirmed { // early media that fails ends no call that rings
		return
	}
	m.terminate(l, signal.End{Originator: signal.System, Cause: signal.CauseRTPTimeout, StatusCode: 408,
		Reason: "RTP Timeout"}, 408, `SIP ;cause=408 ;text="RTP Timeout"`)
}
