package call

import (
	"context"
	"strings"

	"parley/connector/signal"
)

// onProgress is a provisional response. One with a description brings early media: ringing as the other side's network
// plays it, or why a call will not come about. The first counts; where an INVITE is forked the call's own answer may be
// somebody else's.
func (m *Manager) onProgress(l *leg, code int, sdp string) {
	if sdp != "" && l.early == "" && !l.ending && !l.accepted {
		m.applyEarly(l, sdp)
	}
	m.deps.Emit("progress", map[string]int{"statusCode": code})
}

func (m *Manager) applyEarly(l *leg, sdp string) {
	m.sdp("remote", "answer", sdp)
	l.applying = true
	m.work(l, func(ctx context.Context) func() {
		err := l.peer.ApplyAnswer(ctx, sdp)
		return func() {
			if err == nil {
				l.early = sdp
			} else { // the offer stays open for the call's own answer
				m.deps.Logger.Info("early media cannot be used", "error", err)
			}
			m.openGate(l)
		}
	})
}

// anotherPeer tells whether two answers are of different endpoints: forks of the INVITE (RFC 3261 12.1), each with ICE
// credentials and a certificate of its own.
func anotherPeer(a, b string) bool {
	for _, key := range []string{"a=ice-ufrag:", "a=fingerprint:"} {
		if attribute(a, key) != attribute(b, key) {
			return true
		}
	}
	return false
}

// attribute is the first line of a description that begins with key.
func attribute(sdp, key string) string {
	for line := range strings.SplitSeq(sdp, "\n") {
		if strings.HasPrefix(line, key) {
			return strings.TrimRight(line, "\r")
		}
	}
	return ""
}

// fork takes a fresh peer connection for an answer of another endpoint than the one whose early media was heard: a peer
// connection that has begun to talk to one cannot go over to the other. The dialog is confirmed, and a re-INVITE offers the
// new one.
func (m *Manager) fork(l *leg) {
	old := l.peer
	err := m.newPeer(l)
	m.close(old)
	m.board.Reset(false)
	if err != nil {
		m.terminate(l, signal.End{Originator: signal.Local, Cause: signal.CauseWebRTC, StatusCode: 488}, 488, "")
		return
	}
	l.early = ""
	m.deps.Logger.Info("answered by another endpoint than the one heard before: offering anew")
	again := operation{run: func(ctx context.Context) error { return m.reinvite(ctx, l, Negotiation{}) }, done: func(err error) {
		if err != nil && m.leg == l {
			m.terminate(l, signal.End{Originator: signal.Local, Cause: signal.CauseBadMediaDescription, StatusCode: 488}, 488, "")
		}
	}}
	l.operations = append([]operation{again}, l.operations...)
}
