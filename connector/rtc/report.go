package rtc

import (
	"encoding/json"
	"maps"
	"strconv"
	"strings"
)

// Report is a collection as W3C getStats gives it: one dictionary an object, with its type, id and timestamp (Unix
// milliseconds), names and units of webrtc-stats.
type Report []map[string]any

// members of a StreamStats by the dictionary to which they belong; outbound-rtp and inbound-rtp get what is left.
var (
	codecMembers     = []string{"payloadType", "clockRate", "channels", "sdpFmtpLine"}
	remoteInbound    = []string{"roundTripTime", "totalRoundTripTime", "roundTripTimeMeasurements", "fractionLost"}
	sourceMembers    = map[string]string{"sourceWidth": "width", "sourceHeight": "height", "sourceFrames": "frames", "sourceFramesPerSecond": "framesPerSecond"}
	soundMembers     = []string{"audioLevel", "totalAudioEnergy", "totalSamplesDuration"}
	remoteRenamed    = map[string]string{"remotePacketsLost": "packetsLost", "remoteJitter": "jitter"}
	remoteOutbound   = map[string]string{"remotePacketsSent": "packetsSent", "remoteBytesSent": "bytesSent", "reportsReceived": "reportsSent", "remoteTimestamp": "remoteTimestamp"}
	notOfTheStandard = []string{"codec", "implementation", "reportsReceived"}
)

// Report makes W3C dictionaries of a collection.
func (s *Stats) Report() Report {
	b := reportBuilder{at: float64(s.Time.UnixMicro()) / 1000}
	b.outbound("audio", s.Outbound.Audio)
	b.outbound("video", s.Outbound.Video)
	b.outbound("presentation", s.Outbound.Presentation)
	b.inbound("audio", s.Inbound.Audio)
	b.inbound("video", s.Inbound.Video)
	b.inbound("presentation", s.Inbound.Presentation)
	b.pair(s.CandidatePair)
	if s.Transport != nil {
		d := maps.Clone(s.Transport)
		if s.CandidatePair != nil {
			d["selectedCandidatePairId"] = "pair"
		}
		b.add("transport", "transport", d)
	}
	return b.list
}

type reportBuilder struct {
	at   float64
	list Report
}

func (b *reportBuilder) add(kind, id string, d map[string]any) {
	d["type"], d["id"], d["timestamp"] = kind, id, b.at
	b.list = append(b.list, d)
}

// counters are the members that exist from the beginning, with the value 0.
var counters = map[string][]string{
	"outbound": {"packetsSent", "bytesSent", "headerBytesSent", "retransmittedPacketsSent", "retransmittedBytesSent", "active",
		"totalPacketSendDelay"},
	"inbound": {"packetsReceived", "bytesReceived", "headerBytesReceived", "packetsLost", "jitter", "packetsDiscarded"},
	"outbound-video": {"framesEncoded", "keyFramesEncoded", "framesSent", "hugeFramesSent", "nackCount", "pliCount", "firCount",
		"qualityLimitationResolutionChanges", "totalEncodeTime", "totalEncodedBytesTarget", "framesPerSecond"},
	"inbound-video": {"framesReceived", "framesDecoded", "framesDropped", "framesRendered", "keyFramesDecoded", "freezeCount",
		"totalFreezesDuration", "pauseCount", "totalPausesDuration", "nackCount", "pliCount", "firCount", "totalDecodeTime",
		"retransmittedPacketsReceived", "retransmittedBytesReceived", "jitterBufferDelay", "jitterBufferEmittedCount",
		"jitterBufferTargetDelay", "jitterBufferMinimumDelay", "totalInterFrameDelay", "totalSquaredInterFrameDelay",
		"totalProcessingDelay", "framesAssembledFromMultiplePackets", "totalAssemblyTime", "framesPerSecond"},
	"inbound-audio": {"concealedSamples", "silentConcealedSamples", "concealmentEvents", "totalSamplesReceived",
		"insertedSamplesForDeceleration", "removedSamplesForAcceleration", "jitterBufferDelay", "jitterBufferEmittedCount",
		"jitterBufferTargetDelay", "jitterBufferMinimumDelay", "fecPacketsReceived", "audioLevel", "totalAudioEnergy",
		"totalSamplesDuration", "totalProcessingDelay"},
	"outbound-audio": {"audioLevel", "totalAudioEnergy", "totalSamplesDuration"},
}

// dictionary is a stream's members by name.
func dictionary(s *StreamStats, direction string) map[string]any {
	d := map[string]any{}
	for _, list := range []string{direction, direction + "-" + string(s.Kind)} {
		for _, name := range counters[list] {
			d[name] = 0.0
			if name == "active" {
				d[name] = false
			}
		}
	}
	text, err := json.Marshal(s)
	if err == nil {
		_ = json.Unmarshal(text, &d) // of what was just written
	}
	return d
}

// move takes members out of one dictionary into another.
func move(from, to map[string]any, names ...string) {
	for _, n := range names {
		if v, ok := from[n]; ok {
			to[n] = v
			delete(from, n)
		}
	}
}

func rename(from, to map[string]any, names map[string]string) {
	for old, name := range names {
		if v, ok := from[old]; ok {
			to[name] = v
			delete(from, old)
		}
	}
}

// codec splits off the codec and returns its id; empty while there is none.
func (b *reportBuilder) codec(s *StreamStats, direction string, d map[string]any) {
	c := map[string]any{}
	move(d, c, codecMembers...)
	if s.Codec == "" {
		return
	}
	c["mimeType"], c["transportId"] = string(s.Kind)+"/"+s.Codec, "transport"
	c["payloadType"] = s.PayloadType // 0 is one, too
	id := "codec-" + direction + "-" + strconv.Itoa(int(s.PayloadType)) + "-" + s.MID
	d["codecId"] = id
	b.add("codec", id, c)
}

func (b *reportBuilder) outbound(name string, s *StreamStats) {
	if s == nil {
		return
	}
	d, remote, source := dictionary(s, "outbound"), map[string]any{}, map[string]any{}
	b.codec(s, "out", d)
	move(d, remote, remoteInbound...)
	rename(d, remote, remoteRenamed)
	rename(d, source, sourceMembers)
	move(d, source, soundMembers...)
	move(d, source, "trackIdentifier")
	if s.Implementation != "" {
		d["encoderImplementation"] = s.Implementation
	}
	delete(d, "framesDropped") // of our own: the standard counts no frames that were not encoded
	id := "outbound-" + name
	if s.TrackID != "" {
		d["mediaSourceId"], source["kind"] = "source-"+name, s.Kind
		b.add("media-source", "source-"+name, source)
	}
	if s.ReportsReceived > 0 {
		d["remoteId"] = "remote-inbound-" + name
		remote["localId"], remote["ssrc"], remote["kind"] = id, s.SSRC, s.Kind
		remote["transportId"], remote["codecId"] = "transport", d["codecId"]
		if _, ok := remote["packetsLost"]; !ok {
			remote["packetsLost"] = int64(0)
		}
		if _, ok := remote["fractionLost"]; !ok {
			remote["fractionLost"] = 0.0
		}
		b.add("remote-inbound-rtp", "remote-inbound-"+name, remote)
	}
	b.stream("outbound-rtp", id, d)
}

func (b *reportBuilder) inbound(name string, s *StreamStats) {
	if s == nil {
		return
	}
	d, remote := dictionary(s, "inbound"), map[string]any{}
	b.codec(s, "in", d)
	rename(d, remote, remoteOutbound)
	if s.Implementation != "" {
		d["decoderImplementation"] = s.Implementation
	}
	id := "inbound-" + name
	if s.ReportsReceived > 0 {
		d["remoteId"] = "remote-outbound-" + name
		remote["localId"], remote["ssrc"], remote["kind"] = id, s.SSRC, s.Kind
		remote["transportId"], remote["codecId"] = "transport", d["codecId"]
		b.add("remote-outbound-rtp", "remote-outbound-"+name, remote)
	}
	b.stream("inbound-rtp", id, d)
}

func (b *reportBuilder) stream(kind, id string, d map[string]any) {
	for _, n := range notOfTheStandard {
		delete(d, n)
	}
	d["transportId"] = "transport"
	b.add(kind, id, d)
}

// pair splits the candidates off the candidate pair.
func (b *reportBuilder) pair(p map[string]any) {
	if p == nil {
		return
	}
	d := maps.Clone(p)
	for _, side := range []string{"local", "remote"} {
		if c, ok := d[side+"Candidate"].(map[string]any); ok {
			c = maps.Clone(c)
			c["transportId"] = "transport"
			d[side+"CandidateId"] = side + "-candidate"
			b.add(side+"-candidate", side+"-candidate", c)
		}
		delete(d, side+"Candidate")
	}
	d["transportId"] = "transport"
	b.add("candidate-pair", "pair", d)
}

// Of returns the first dictionary of a type whose id contains a name; nil when there is none.
func (r Report) Of(kind, name string) map[string]any {
	for _, d := range r {
		if id, _ := d["id"].(string); d["type"] == kind && strings.Contains(id, name) {
			return d
		}
	}
	return nil
}
