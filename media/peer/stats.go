package peer

import (
	"context"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
	"parley/media/video"
)

// Stats as rtc.PeerConnection: our own counters, the peer's reports, the estimator and the ICE agent.
func (p *Conn) Stats(ctx context.Context) (rtc.Stats, error) {
	p.mu.Lock()
	if p.state == rtc.StateClosed {
		p.mu.Unlock()
		return rtc.Stats{}, ErrClosed
	}
	lines, leg := p.lines, p.leg
	p.mu.Unlock()
	s := rtc.Stats{Time: time.Now()}
	for _, l := range lines {
		if out := p.outboundStats(l, leg); out != nil {
			switch l.slot {
			case rtc.SlotAudio:
				s.Outbound.Audio = out
			case rtc.SlotMain:
				s.Outbound.Video = out
			case rtc.SlotPresentation:
				s.Outbound.Presentation = out
			}
		}
		p.mu.Lock()
		apart := l.apart
		p.mu.Unlock()
		if apart != nil {
			mergeApart(ctx, &s, apart)
			continue
		}
		in, presentation := p.inboundStats(l, s.Time)
		switch {
		case in == nil:
		case l.kind == rtc.Audio:
			if s.Inbound.Audio == nil {
				s.Inbound.Audio = in
			}
		case presentation || s.Inbound.Video != nil:
			if s.Inbound.Presentation == nil {
				s.Inbound.Presentation = in
			}
		default:
			s.Inbound.Video = in
		}
	}
	s.CandidatePair, s.Transport = leg.transportStats()
	return s, nil
}

func (p *Conn) outboundStats(l *line, leg *leg) *rtc.StreamStats {
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
	out := &rtc.StreamStats{MID: mid}
	var rtx uint32
	out.SSRC, rtx, out.PacketsSent, out.BytesSent, out.HeaderBytesSent = s.out.counters()
	if out.SSRC == 0 {
		return nil
	}
	if track != nil {
		out.TrackID = track.ID()
	}
	out.Active = track != nil && f != nil
	clock := 90000.0
	if f != nil {
		out.Codec, clock = f.name, float64(f.clock)
	}
	s.out.mu.Lock()
	r := s.out.remote
	s.out.mu.Unlock()
	out.RoundTripTime, out.FractionLost = r.rtt.Seconds(), r.fraction
	out.TotalRoundTripTime, out.RoundTripMeasurements = r.totalRTT.Seconds(), r.measurements
	out.RemotePacketsLost, out.RemoteJitter, out.ReportsReceived = int64(r.lost), float64(r.jitter)/clock, r.reports
	if rtx != 0 {
		repairs := leg.estimator.pacer.repairs(rtx)
		out.RetransmittedPacket, out.RetransmittedBytes = repairs.packets, repairs.bytes
	}
	if s.audio != nil {
		out.AudioLevel = s.audio.meter.Level()
		s.audio.statsMu.Lock()
		out.TargetBitrate = float64(s.audio.target)
		s.audio.statsMu.Unlock()
		return out
	}
	s.video.mu.Lock()
	v := &s.video.stats
	out.FramesEncoded, out.KeyFramesEncoded, out.FramesSent = v.framesEncoded, v.keyFrames, v.framesSent
	out.FramesDropped, out.TotalEncodeTime = v.framesDropped, v.encodeTime.Seconds()
	out.FrameWidth, out.FrameHeight = v.width, v.height
	out.FrameRate, out.TargetBitrate = v.frameRate.perSecond(time.Now()), v.target
	out.QualityLimitation = v.limitation
	out.PLICount, out.FIRCount, out.NACKCount = v.pli, v.fir, v.nack
	s.video.mu.Unlock()
	return out
}

func (p *Conn) inboundStats(l *line, now time.Time) (in *rtc.StreamStats, presentation bool) {
	p.mu.Lock()
	t, r, source, section := l.remote, l.receiver, l.source, l.section
	p.mu.Unlock()
	if t == nil {
		return nil, false
	}
	in = &rtc.StreamStats{MID: t.mid, TrackID: t.id, Codec: t.Codec(), SSRC: section.ssrc}
	in.RemotePacketsSent, in.RemoteBytesSent, in.ReportsReceived =
		uint64(source.packets), uint64(source.bytes), source.reports
	var c receiveCounters
	if r.audio != nil {
		c = audioStats(in, r.audio)
	} else {
		c = videoStats(in, r.video)
	}
	in.PacketsReceived, in.BytesReceived, in.HeaderBytesReceived = c.packets, c.bytes, c.headerBytes
	in.PacketsLost, in.Jitter, in.RetransmittedReceived = c.lost(), c.jitterSeconds(), c.recovered
	if c.packets > 0 {
		in.LastPacketReceived = float64(now.Add(c.lastArrival - video.Now()).UnixMilli())
	}
	return in, strings.Contains(strings.ToLower(t.label), "dual")
}

func audioStats(in *rtc.StreamStats, a *audioReceiver) receiveCounters {
	c, j := a.snapshot()
	a.mu.Lock()
	if a.ssrc != 0 {
		in.SSRC = a.ssrc
	}
	a.mu.Unlock()
	in.TotalSamples, in.ConcealedSample, in.AudioLevel = j.TotalSamplesReceived, j.ConcealedSamples, j.AudioLevel
	in.SilentConcealed, in.ConcealmentEvents = j.SilentConcealedSamples, j.ConcealmentEvents
	in.InsertedSamples, in.RemovedSamples = j.InsertedSamplesForDeceleration, j.RemovedSamplesForAcceleration
	in.JitterBufferDelay, in.JitterBufferTarget = j.JitterBufferDelay, j.JitterBufferTargetDelay
	in.JitterBufferEmitted, in.PacketsDiscarded = j.JitterBufferEmittedCount, j.PacketsDiscarded
	in.FECPacketsUsed, in.TotalAudioEnergy = j.FECPacketsUsed, j.TotalAudioEnergy
	in.TotalSamplesDuration = j.TotalSamplesDuration
	return c
}

func videoStats(in *rtc.StreamStats, v *videoReceiver) receiveCounters {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ssrc != 0 {
		in.SSRC = v.ssrc
	}
	s := &v.stats
	in.FramesReceived, in.FramesDecoded, in.FramesDropped = s.framesReceived, s.framesDecoded, s.framesDropped
	in.KeyFramesDecode, in.TotalDecodeTime = s.keyFrames, s.decodeTime.Seconds()
	in.FrameWidth, in.FrameHeight, in.FrameRate = s.width, s.height, s.frameRate.perSecond(time.Now())
	in.FreezeCount, in.FreezesDuration = s.freezes.count, s.freezes.total.Seconds()
	in.JitterBufferDelay, in.JitterBufferEmitted = s.bufferDelay.Seconds(), s.emitted
	in.JitterBufferTarget = s.bufferTarget.Seconds()
	in.PLICount, in.NACKCount = s.pli, s.nack
	return v.counters
}

// transportStats describes the selected candidate pair and the transport; nil before there is one.
func (l *leg) transportStats() (pair, transport map[string]any) {
	dtls := l.pc.SCTP().Transport()
	transport = map[string]any{
		"type": "transport", "dtlsState": dtls.State().String(), "iceState": dtls.ICETransport().State().String(),
	}
	selected, err := dtls.ICETransport().GetSelectedCandidatePair()
	if err != nil || selected == nil || selected.Local == nil || selected.Remote == nil {
		return nil, transport
	}
	pair = map[string]any{
		"type": "candidate-pair", "state": "succeeded", "nominated": true,
		"localCandidate": candidateStats(selected.Local), "remoteCandidate": candidateStats(selected.Remote),
		"availableOutgoingBitrate": l.estimator.target(),
	}
	if rate, ok := l.arrivals.rate(); ok {
		pair["availableIncomingBitrate"] = rate
	}
	if s, ok := dtls.ICETransport().GetSelectedCandidatePairStats(); ok {
		pair["currentRoundTripTime"], pair["totalRoundTripTime"] = s.CurrentRoundTripTime, s.TotalRoundTripTime
		pair["responsesReceived"], pair["requestsSent"] = s.ResponsesReceived, s.RequestsSent
		pair["bytesSent"], pair["bytesReceived"] = s.BytesSent, s.BytesReceived
		pair["packetsSent"], pair["packetsReceived"] = s.PacketsSent, s.PacketsReceived
		transport["bytesSent"], transport["bytesReceived"] = s.BytesSent, s.BytesReceived
		transport["packetsSent"], transport["packetsReceived"] = s.PacketsSent, s.PacketsReceived
	}
	return pair, transport
}

func candidateStats(c *webrtc.ICECandidate) map[string]any {
	return map[string]any{
		"address": c.Address, "port": c.Port, "protocol": c.Protocol.String(), "candidateType": c.Typ.String(),
	}
}
