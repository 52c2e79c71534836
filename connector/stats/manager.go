package stats

import (
	"math"

	"parley/connector/loop"
	"parley/connector/rtc"
)

// Manager collects while a call is confirmed, derives flags and reports the bitrate. Its methods are called on the loop.
type Manager struct {
	Collector Collector
	Emit      func(name string, data any) // name without prefix
	// Source is the active peer connection.
	Source func() rtc.PeerConnection
	// Report tells the server the available incoming bitrate, bit/s.
	Report func(bitrate float64)

	deriver  Deriver
	reported *float64 // bitrate reported last, else the first one seen
}

// NewManager makes a manager that does not collect yet.
func NewManager(l *loop.Loop, emit func(string, any), source func() rtc.PeerConnection, report func(float64),
	failed func(error)) *Manager {
	m := &Manager{Emit: emit, Source: source, Report: report}
	m.Collector = Collector{Loop: l, Collected: m.collected, Failed: failed}
	return m
}

// Flags of the newest collection.
func (m *Manager) Flags() Flags { return m.deriver.Flags() }

type stoppedData struct {
	Reason string `json:"reason"`
}

// HandleEvent follows the call's events (without prefix).
func (m *Manager) HandleEvent(name string) {
	switch name {
	case "peerconnection:confirmed":
		m.Collector.Start(m.Source)
	case "recv-session-started", "recv-session-ended", "recv-quality-changed":
		m.stop(name)
		m.Collector.Start(m.Source)
	case "ended", "failed":
		m.stop("call-ended")
	}
}

func (m *Manager) stop(reason string) {
	m.Collector.Stop()
	m.deriver.Reset()
	m.reported = nil
	m.Emit("stopped", stoppedData{reason})
}

func (m *Manager) collected(s rtc.Stats) {
	flags := m.deriver.Add(SampleOf(s))
	m.report(flags)
	m.Emit("collected", s)
}

// report tells the server of a bitrate that changed by a quarter: at once, or bit by bit since the last report, as an
// estimate that follows the network slowly does.
func (m *Manager) report(f Flags) {
	if f.Bitrate == nil {
		return
	}
	now := *f.Bitrate
	switch {
	case m.reported == nil:
		m.reported = &now
	case f.BitrateJumped, math.Abs(now-*m.reported) >= bitrateChange**m.reported:
		m.reported = &now
		m.Report(now)
	}
}

// SampleOf takes what arrives out of a collection.
func SampleOf(s rtc.Stats) Sample {
	var sample Sample
	if v := s.Inbound.Video; v != nil {
		sample = Sample{HasVideo: true, Packets: v.PacketsReceived, Bytes: v.BytesReceived, FramesReceived: v.FramesReceived,
			FramesDecoded: v.FramesDecoded}
	}
	switch b := s.CandidatePair["availableIncomingBitrate"].(type) {
	case float64:
		sample.Bitrate = &b
	case int:
		f := float64(b)
		sample.Bitrate = &f
	}
	return sample
}

// SentOf takes what is sent as main video out of a collection.
func SentOf(s rtc.Stats) Sent {
	v := s.Outbound.Video
	if v == nil {
		return Sent{}
	}
	packets, bytes := float64(v.PacketsSent), float64(v.BytesSent)
	sent := Sent{TrackID: v.TrackID, Packets: &packets, Bytes: &bytes}
	if v.FramesEncoded > 0 || v.FramesSent > 0 {
		frames := float64(max(v.FramesEncoded, v.FramesSent))
		sent.Frames = &frames
	}
	return sent
}
