package call

import (
	"context"
)

// onProgress is a provisional response. One with a description brings early media: ringing as the other side's network
// plays it, or why a call will not come about. The first counts; where an INVITE is forked the call's own answer may be
// another one.
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
