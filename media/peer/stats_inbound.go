package peer

import (
	"strings"
	"time"

	"parley/connector/rtc"
	"parley/media/video"
)

// inbound is what a line receives.
type inbound struct {
	stats        *rtc.StreamStats
	presentation bool
}

func (p *Conn) inboundStats(l *line, now time.Time) *inbound {
	p.mu.Lock()
	t, r, source := l.remote, l.receiver, l.source
	in := &rtc.StreamStats{Kind: l.kind}
	if t != nil && l.section != nil {
		if f := l.formatOf(t.Codec()); f != nil {
			describe(in, f)
		}
		in.SSRC, in.RTXSSRC = l.section.ssrc, l.section.rtxSSRC
		in.EstimatedPlayout = l.estimatedPlayout()
	}
	p.mu.Unlock()
	if t == nil {
		return nil
	}
	in.MID, in.TrackID, in.Codec = t.mid, t.id, t.Codec()
	in.RemotePacketsSent, in.RemoteBytesSent, in.ReportsReceived =
		uint64(source.packets), uint64(source.bytes), source.reports
	if source.reports > 0 {
		in.RemoteTimestamp = unixMilliseconds(source.ntp)
	}
	var c receiveCounters
	if r.audio != nil {
		c = audioStats(in, r.audio)
	} else {
		c = videoStats(in, r.video, now)
	}
	in.PacketsReceived, in.BytesReceived, in.HeaderBytesReceived = c.packets, c.bytes, c.headerBytes
	in.PacketsLost, in.Jitter = c.lost(), c.jitterSeconds()
	in.RetransmittedReceived, in.RetransmittedBytesGot = c.recovered, c.recoveredBytes
	if c.packets > 0 {
		in.LastPacketReceived = float64(now.Add(c.lastArrival - video.Now()).UnixMilli())
	}
	return &inbound{stats: in, presentation: strings.Contains(strings.ToLower(t.label), "dual")}
}

// unixMilliseconds of an NTP timestamp.
func unixMilliseconds(ntp uint64) float64 {
	return (float64(ntp>>32)-since1900)*1000 + float64(ntp&0xffffffff)*1000/(1<<32)
}

func audioStats(in *rtc.StreamStats, a *audioReceiver) receiveCounters {
	c, j := a.snapshot()
	a.mu.Lock()
	in.NACKCount = a.nacks
	if a.ssrc != 0 {
		in.SSRC = a.ssrc
	}
	in.Implementation = a.implementation()
	a.mu.Unlock()
	in.TotalSamples, in.ConcealedSample, in.AudioLevel = j.TotalSamplesReceived, j.ConcealedSamples, j.AudioLevel
	in.SilentConcealed, in.ConcealmentEvents = j.SilentConcealedSamples, j.ConcealmentEvents
	in.InsertedSamples, in.RemovedSamples = j.InsertedSamplesForDeceleration, j.RemovedSamplesForAcceleration
	in.JitterBufferDelay, in.JitterBufferTarget = j.JitterBufferDelay, j.JitterBufferTargetDelay
	in.JitterBufferMinimum = j.JitterBufferMinimumDelay
	in.JitterBufferEmitted, in.PacketsDiscarded = j.JitterBufferEmittedCount, j.PacketsDiscarded
	in.FECPacketsUsed, in.TotalAudioEnergy = j.FECPacketsUsed, j.TotalAudioEnergy
	in.TotalSamplesDuration = j.TotalSamplesDuration
	// Sound is decoded as it leaves the buffer: what a packet waits there is all its processing takes.
	in.ProcessingDelay = j.JitterBufferDelay
	return c
}

func videoStats(in *rtc.StreamStats, v *videoReceiver, now time.Time) receiveCounters {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ssrc != 0 {
		in.SSRC = v.ssrc
	}
	s := &v.stats
	in.FramesReceived, in.FramesDecoded, in.FramesDropped = s.framesReceived, s.framesDecoded, s.framesDropped
	in.FramesRendered, in.KeyFramesDecode, in.TotalDecodeTime = s.framesRendered, s.keyFrames, s.decodeTime.Seconds()
	in.FrameWidth, in.FrameHeight, in.FrameRate = s.width, s.height, s.frameRate.perSecond(now)
	in.FreezeCount, in.FreezesDuration = s.freezes.count, s.freezes.total.Seconds()
	in.PauseCount, in.PausesDuration = s.pauses, s.paused.Seconds()
	in.JitterBufferDelay, in.JitterBufferEmitted = s.bufferDelay.Seconds(), s.emitted
	in.JitterBufferTarget, in.JitterBufferMinimum = s.bufferTarget.Seconds(), s.bufferMinimum.Seconds()
	in.InterFrameDelay, in.SquaredInterFrame = s.interFrame, s.interFrameSquared
	in.ProcessingDelay = s.processing.Seconds()
	in.FramesAssembled, in.AssemblyTime = s.assembled, s.assembly.Seconds()
	in.PLICount, in.NACKCount = s.pli, s.nack
	in.Implementation = s.implementation
	in.QPSum = uint64(s.qp)
	return v.counters
}
