package peer

import (
	"time"

	"parley/connector/rtc"
)

func (p *Conn) outboundStats(l *line, leg *leg, now time.Time) *rtc.StreamStats {
	p.mu.Lock()
	s, f, mid := l.sending, l.sendFormat(), l.mid()
	var track rtc.LocalTrack
	if s != nil {
		track = s.track
	}
	p.mu.Unlock()
	if s == nil {
		return nil
	}
	out := &rtc.StreamStats{MID: mid, Kind: l.kind}
	out.SSRC, out.RTXSSRC, out.PacketsSent, out.BytesSent, out.HeaderBytesSent = s.out.counters()
	if out.SSRC == 0 {
		return nil
	}
	if track != nil {
		out.TrackID = track.ID()
	}
	out.Active = track != nil && f != nil
	clock := float64(videoClock)
	if f != nil {
		describe(out, f)
		clock = float64(f.clock)
	}
	s.out.remoteStats(out, clock)
	out.PacketSendDelay = leg.estimator.pacer.total(out.SSRC).waited.Seconds()
	if s.audio != nil {
		again := leg.estimator.pacer.total(out.SSRC).again
		out.RetransmittedPacket, out.RetransmittedBytes = again.packets, again.bytes
	} else if out.RTXSSRC != 0 {
		repairs := leg.estimator.pacer.total(out.RTXSSRC)
		out.RetransmittedPacket, out.RetransmittedBytes = repairs.packets, repairs.bytes
	}
	if s.audio != nil {
		s.audio.addStats(out)
	} else {
		if !out.Active || !track.Enabled() {
			s.video.count(func(st *senderStats) { st.limitation.set("", now) })
		}
		s.video.addStats(out, now)
	}
	return out
}

// remoteStats is what the peer reports about our stream (remote-inbound-rtp).
func (o *outbound) remoteStats(s *rtc.StreamStats, clock float64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := &o.remote
	s.RoundTripTime, s.FractionLost = r.rtt.Seconds(), r.fraction
	s.TotalRoundTripTime, s.RoundTripMeasurements = r.totalRTT.Seconds(), r.measurements
	s.RemotePacketsLost, s.RemoteJitter, s.ReportsReceived = int64(r.lost), float64(r.jitter)/clock, r.reports
}

func (a *audioSender) addStats(s *rtc.StreamStats) {
	s.AudioLevel = a.meter.Level()
	a.mu.Lock()
	s.NACKCount = a.nacks
	a.mu.Unlock()
	a.statsMu.Lock()
	defer a.statsMu.Unlock()
	s.TargetBitrate, s.TotalAudioEnergy, s.TotalSamplesDuration = float64(a.target), a.energy, a.duration
}

func (v *videoSender) addStats(s *rtc.StreamStats, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c := &v.stats
	s.FramesEncoded, s.KeyFramesEncoded, s.FramesSent = c.framesEncoded, c.keyFrames, c.framesSent
	s.FramesDropped, s.TotalEncodeTime = c.framesDropped, c.encodeTime.Seconds()
	s.FrameWidth, s.FrameHeight = c.width, c.height
	s.FrameRate, s.TargetBitrate = c.frameRate.perSecond(now), c.target
	s.PLICount, s.FIRCount, s.NACKCount = c.pli, c.fir, c.nack
	s.QualityLimitation = c.limitation.reason
	if s.QualityLimitation == "" {
		s.QualityLimitation = limitations[0]
	}
	s.QualityLimitationDurations = c.limitation.seconds(now)
	s.ResolutionChanges = c.limitation.changes
	s.EncodedBytesTarget, s.HugeFramesSent = c.targetBytes, c.huge
	s.SourceWidth, s.SourceHeight, s.SourceFrames = c.sourceWidth, c.sourceHeight, c.sourceFrames
	s.SourceFrameRate = c.sourceRate.perSecond(now)
	s.Implementation = c.implementation
	s.QPSum = uint64(c.qp)
}
