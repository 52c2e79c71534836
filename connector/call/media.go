package call

import (
	"context"

	"parley/connector/rtc"
	"parley/connector/signal"
)

// Active tells whether there is a call, confirmed or not.
func (m *Manager) Active() bool { return m.leg != nil }

// Confirmed tells whether the call's dialog is confirmed and not ending.
func (m *Manager) Confirmed() bool { return m.leg != nil && m.leg.confirmed && !m.leg.ending }

// Number of the other side, empty outside a call.
func (m *Manager) Number() string {
	if m.leg == nil {
		return ""
	}
	return m.leg.number
}

// Answered tells whether we answered.
func (m *Manager) Answered() bool { return m.leg != nil && m.leg.answer }

// RemoteName is what the peer calls itself.
func (m *Manager) RemoteName() string {
	if m.leg == nil || m.leg.session == nil {
		return ""
	}
	return m.leg.session.Remote().DisplayName
}

// Session of the call, nil outside one.
func (m *Manager) Session() signal.Session {
	if m.leg == nil {
		return nil
	}
	return m.leg.session
}

// Context ends with the call.
func (m *Manager) Context() context.Context {
	if m.leg == nil {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx
	}
	return m.leg.ctx
}

// Peer is the call's peer connection (send and receive), nil outside a call.
func (m *Manager) Peer() rtc.PeerConnection {
	if m.leg == nil {
		return nil
	}
	return m.leg.peer
}

// Stream is what we send.
func (m *Manager) Stream() rtc.LocalStream {
	if m.leg == nil {
		return rtc.LocalStream{}
	}
	return m.leg.stream
}

// Mute switches the microphone or the camera at once. False: there is no such track, or nothing changed.
func (m *Manager) Mute(kind rtc.Kind, on bool) bool {
	track := m.Stream().Audio
	if kind == rtc.Video {
		track = m.Stream().Video
	}
	if track == nil || track.Enabled() == on {
		return false
	}
	track.SetEnabled(on)
	name := "unmuted"
	if !on {
		name = "muted"
	}
	m.deps.Emit(name, map[string]bool{"audio": kind == rtc.Audio, "video": kind == rtc.Video})
	return true
}

func (m *Manager) onInfo(contentType string, headers []signal.Header, body []byte) {
	m.deps.OnInfo(contentType, headers, body)
	m.deps.Emit("newInfo", map[string]string{"originator": "remote", "contentType": contentType})
}

func (m *Manager) onTrack(l *leg, track rtc.RemoteTrack) {
	var hint *string
	if id := track.StreamID(); id != "" {
		hint = &id
	}
	if m.board.Add(false, track, hint) {
		peer := l.peer
		m.deps.Loop.Go(func(context.Context) func() { return m.watchTrack(l, peer, track) })
	}
	m.deps.Emit("peerconnection:ontrack", trackData{track.ID(), track.Kind(), track.StreamID(), track.MID()})
}

type trackData struct {
	ID       string   `json:"id"`
	Kind     rtc.Kind `json:"kind"`
	StreamID string   `json:"streamId"`
	MID      string   `json:"mid,omitempty"`
}

// watchTrack waits for a track's end or the call's, whichever is first.
func (m *Manager) watchTrack(l *leg, peer rtc.PeerConnection, track rtc.RemoteTrack) func() {
	select {
	case <-track.Ended():
		return func() {
			if m.leg == l && l.peer == peer {
				m.board.Remove(false, track.ID())
			}
		}
	case <-l.ctx.Done():
		return nil
	}
}

// Shown are the two streams to show, as a copy.
func (m *Manager) Shown() Pair { return m.board.Pair() }

// UpdateStreams tells readers when the pair really changed.
func (m *Manager) UpdateStreams() { m.board.Update() }
