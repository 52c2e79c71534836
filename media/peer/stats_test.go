package peer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parley/connector/rtc"
)

// standard lists the members of the dictionaries of W3C webrtc-stats (Candidate Recommendation), those of their parents
// included.
var standard = map[string]string{
	"codec": `payloadType transportId mimeType clockRate channels sdpFmtpLine`,
	"inbound-rtp": `ssrc kind transportId codecId packetsReceived packetsReceivedWithEct1 packetsReceivedWithCe
		packetsReportedAsLost packetsReportedAsLostButRecovered packetsLost jitter trackIdentifier mid remoteId framesDecoded
		keyFramesDecoded framesRendered framesDropped frameWidth frameHeight framesPerSecond qpSum totalDecodeTime
		totalInterFrameDelay totalSquaredInterFrameDelay pauseCount totalPausesDuration freezeCount totalFreezesDuration
		lastPacketReceivedTimestamp headerBytesReceived packetsDiscarded fecBytesReceived fecPacketsReceived
		fecPacketsDiscarded bytesReceived nackCount firCount pliCount totalProcessingDelay estimatedPlayoutTimestamp
		jitterBufferDelay jitterBufferTargetDelay jitterBufferEmittedCount jitterBufferMinimumDelay totalSamplesReceived
		concealedSamples silentConcealedSamples concealmentEvents insertedSamplesForDeceleration
		removedSamplesForAcceleration audioLevel totalAudioEnergy totalSamplesDuration framesReceived
		decoderImplementation playoutId powerEfficientDecoder framesAssembledFromMultiplePackets totalAssemblyTime
		retransmittedPacketsReceived retransmittedBytesReceived rtxSsrc fecSsrc totalCorruptionProbability
		totalSquaredCorruptionProbability corruptionMeasurements`,
	"remote-inbound-rtp": `ssrc kind transportId codecId packetsReceived packetsLost jitter localId roundTripTime
		totalRoundTripTime fractionLost roundTripTimeMeasurements packetsWithBleachedEct1Marking packetsReceivedWithEct1
		packetsReceivedWithCe packetsReportedAsLost packetsReportedAsLostButRecovered`,
	"outbound-rtp": `ssrc kind transportId codecId packetsSent bytesSent mid mediaSourceId remoteId rid encodingIndex
		headerBytesSent retransmittedPacketsSent retransmittedBytesSent rtxSsrc targetBitrate totalEncodedBytesTarget
		frameWidth frameHeight framesPerSecond framesSent hugeFramesSent framesEncoded keyFramesEncoded qpSum
		psnrSum psnrMeasurements totalEncodeTime totalPacketSendDelay qualityLimitationReason qualityLimitationDurations
		qualityLimitationResolutionChanges nackCount firCount pliCount encoderImplementation powerEfficientEncoder active
		scalabilityMode packetsSentWithEct1`,
	"remote-outbound-rtp": `ssrc kind transportId codecId packetsSent bytesSent localId remoteTimestamp reportsSent
		roundTripTime totalRoundTripTime roundTripTimeMeasurements`,
	"media-source": `trackIdentifier kind audioLevel totalAudioEnergy totalSamplesDuration echoReturnLoss
		echoReturnLossEnhancement width height frames framesPerSecond`,
	"transport": `packetsSent packetsReceived bytesSent bytesReceived iceRole iceLocalUsernameFragment dtlsState iceState
		selectedCandidatePairId localCertificateId remoteCertificateId tlsVersion dtlsCipher dtlsRole srtpCipher
		selectedCandidatePairChanges ccfbMessagesSent ccfbMessagesReceived`,
	"candidate-pair": `transportId localCandidateId remoteCandidateId state nominated packetsSent packetsReceived bytesSent
		bytesReceived lastPacketSentTimestamp lastPacketReceivedTimestamp totalRoundTripTime currentRoundTripTime
		availableOutgoingBitrate availableIncomingBitrate requestsReceived requestsSent responsesReceived responsesSent
		consentRequestsSent packetsDiscardedOnSend bytesDiscardedOnSend`,
	"local-candidate": `transportId address port protocol candidateType priority url relayProtocol foundation
		relatedAddress relatedPort usernameFragment tcpType networkType`,
}

// wanted are the members that a call with sound and picture must have, of each dictionary by the end of its id.
var wanted = []struct{ kind, name, members string }{
	{"codec", "out-96", `payloadType transportId mimeType clockRate`},
	{"codec", "out-111", `payloadType transportId mimeType clockRate channels sdpFmtpLine`},
	{"outbound-rtp", "video", `ssrc kind mid transportId codecId mediaSourceId remoteId rtxSsrc packetsSent bytesSent
		headerBytesSent retransmittedPacketsSent retransmittedBytesSent targetBitrate totalEncodedBytesTarget frameWidth
		frameHeight framesPerSecond framesSent hugeFramesSent framesEncoded keyFramesEncoded totalEncodeTime
		totalPacketSendDelay qualityLimitationReason qualityLimitationDurations qualityLimitationResolutionChanges nackCount
		firCount pliCount qpSum encoderImplementation active`},
	{"outbound-rtp", "audio", `ssrc kind mid transportId codecId mediaSourceId remoteId packetsSent bytesSent headerBytesSent
		targetBitrate totalPacketSendDelay active`},
	{"media-source", "video", `trackIdentifier kind width height frames framesPerSecond`},
	{"media-source", "audio", `trackIdentifier kind audioLevel totalAudioEnergy totalSamplesDuration`},
	{"remote-inbound-rtp", "video", `ssrc kind transportId codecId localId packetsLost jitter roundTripTime
		totalRoundTripTime roundTripTimeMeasurements fractionLost`},
	{"remote-inbound-rtp", "audio", `ssrc kind transportId codecId localId packetsLost roundTripTime fractionLost`},
	{"inbound-rtp", "video", `ssrc kind mid transportId codecId trackIdentifier remoteId rtxSsrc packetsReceived packetsLost
		jitter framesReceived framesDecoded qpSum keyFramesDecoded framesRendered framesDropped frameWidth frameHeight
		framesPerSecond totalDecodeTime totalInterFrameDelay totalSquaredInterFrameDelay pauseCount totalPausesDuration
		freezeCount totalFreezesDuration lastPacketReceivedTimestamp headerBytesReceived bytesReceived packetsDiscarded
		nackCount pliCount firCount totalProcessingDelay estimatedPlayoutTimestamp jitterBufferDelay
		jitterBufferTargetDelay jitterBufferMinimumDelay jitterBufferEmittedCount decoderImplementation
		framesAssembledFromMultiplePackets totalAssemblyTime retransmittedPacketsReceived retransmittedBytesReceived`},
	{"inbound-rtp", "audio", `ssrc kind mid transportId codecId trackIdentifier remoteId packetsReceived packetsLost jitter
		lastPacketReceivedTimestamp headerBytesReceived bytesReceived packetsDiscarded totalProcessingDelay
		estimatedPlayoutTimestamp jitterBufferDelay jitterBufferTargetDelay jitterBufferMinimumDelay
		jitterBufferEmittedCount totalSamplesReceived concealedSamples silentConcealedSamples concealmentEvents
		insertedSamplesForDeceleration removedSamplesForAcceleration audioLevel totalAudioEnergy totalSamplesDuration
		decoderImplementation fecPacketsReceived`},
	{"remote-outbound-rtp", "video", `ssrc kind transportId codecId localId packetsSent bytesSent reportsSent remoteTimestamp`},
	{"remote-outbound-rtp", "audio", `ssrc kind transportId codecId localId packetsSent bytesSent reportsSent remoteTimestamp`},
	{"candidate-pair", "pair", `transportId localCandidateId remoteCandidateId state nominated packetsSent packetsReceived
		bytesSent bytesReceived lastPacketSentTimestamp lastPacketReceivedTimestamp totalRoundTripTime
		currentRoundTripTime availableOutgoingBitrate availableIncomingBitrate requestsSent requestsReceived
		responsesSent responsesReceived`},
	{"transport", "transport", `packetsSent packetsReceived bytesSent bytesReceived iceRole dtlsState iceState
		selectedCandidatePairId selectedCandidatePairChanges`},
	{"local-candidate", "local", `transportId address port protocol candidateType priority foundation`},
}

// Every name is the standard's, and what the standard knows of a call is there.
func TestReportSpeaksTheStandard(t *testing.T) {
	standard["remote-candidate"] = standard["local-candidate"]
	out := newSpeaker()
	config := testConfig(t)
	config.Output = out
	a, b := newTestConn(t, config, rtc.Config{}), newTestConn(t, config, rtc.Config{})
	for _, pc := range []*Conn{a, b} {
		if _, err := pc.SetTrack(rtc.SlotMain, newPattern(t, "cam", 320, 180, 30, 90)); err != nil {
			t.Fatal(err)
		}
		if _, err := pc.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
			t.Fatal(err)
		}
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	nextFrames(t, remoteVideo(t, a, 0), 10, 10*time.Second).Release()
	var report rtc.Report
	eventually(t, "reports from both sides", 20*time.Second, func() bool {
		out.play(50 * time.Millisecond)
		s, err := a.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		report = s.Report()
		return s.Outbound.Video.RoundTripMeasurements > 0 && s.Outbound.Audio.RoundTripMeasurements > 0 &&
			s.Inbound.Video.EstimatedPlayout > 0 && s.Inbound.Audio.EstimatedPlayout > 0 &&
			s.CandidatePair["availableIncomingBitrate"] != nil
	})
	ids := map[string]bool{}
	for _, d := range report {
		id := d["id"].(string)
		if ids[id] {
			t.Errorf("two objects are called %s", id)
		}
		ids[id] = true
		known := strings.Fields(standard[d["type"].(string)])
		for name := range d {
			if !slices.Contains(known, name) && name != "id" && name != "type" && name != "timestamp" {
				t.Errorf("%s has no member %s", d["type"], name)
			}
		}
	}
	for _, d := range report { // what is referred to is there
		for name, id := range d {
			if strings.HasSuffix(name, "Id") && !ids[id.(string)] {
				t.Errorf("%s of %s: there is no %v", name, d["id"], id)
			}
		}
	}
	for _, w := range wanted {
		d := report.Of(w.kind, w.name)
		if d == nil {
			t.Errorf("no %s of %s", w.kind, w.name)
			continue
		}
		for _, name := range strings.Fields(w.members) {
			if _, ok := d[name]; !ok {
				t.Errorf("%s %s lacks %s", w.kind, w.name, name)
			}
		}
	}
	// The two clocks are those of one machine: sound and picture of a moment come out together.
	s, err := a.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if now := float64(time.Now().UnixMilli()) + since1900*1000; now-s.Inbound.Video.EstimatedPlayout > 3000 ||
		now < s.Inbound.Video.EstimatedPlayout-100 {
		t.Errorf("the picture is of %.0f ms ago", now-s.Inbound.Video.EstimatedPlayout)
	}
}

func TestQualityLimitationDurations(t *testing.T) {
	var l limitation
	now := time.Unix(1000, 0)
	l.set("", now)
	l.set("cpu", now.Add(2*time.Second))
	l.set("cpu", now.Add(3*time.Second))
	l.set("bandwidth", now.Add(4*time.Second))
	got := l.seconds(now.Add(10 * time.Second))
	for reason, want := range map[string]float64{"none": 2, "cpu": 2, "bandwidth": 6, "other": 0} {
		if got[reason] != want {
			t.Errorf("%s for %v s, want %v", reason, got[reason], want)
		}
	}
}

// How coarse the pictures of H264 are is told at both ends, alike.
func TestQuantizersOfH264AreCounted(t *testing.T) {
	a := newTestConn(t, testConfig(t), rtc.Config{Codecs: rtc.Codecs{Preferred: []string{"H264"}}})
	b := newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 320, 180, 30, 90)); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	nextFrames(t, remoteVideo(t, b, 0), 20, 10*time.Second).Release()
	mean := func(s *rtc.StreamStats, frames uint64) float64 {
		if s.Codec != "H264" || frames < 20 {
			t.Fatalf("%d frames of %s", frames, s.Codec)
		}
		return float64(s.QPSum) / float64(frames)
	}
	sent, err := a.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	chosen, read := mean(sent.Outbound.Video, sent.Outbound.Video.FramesEncoded), mean(got.Inbound.Video, got.Inbound.Video.FramesDecoded)
	if chosen < 1 || chosen > 51 || read < chosen-3 || read > chosen+3 {
		t.Errorf("a quantizer of %.1f was chosen, of %.1f is read", chosen, read)
	}
}

// A picture that is switched off is not limited, however it was before.
func TestWhatIsOffIsNotLimited(t *testing.T) {
	a, b := newTestConn(t, testConfig(t), rtc.Config{}), newTestConn(t, testConfig(t), rtc.Config{})
	camera := newPattern(t, "cam", 320, 180, 30, 90)
	if _, err := a.SetTrack(rtc.SlotMain, camera); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	nextFrames(t, remoteVideo(t, b, 0), 2, 10*time.Second).Release()
	camera.SetEnabled(false)
	a.mu.Lock()
	sender := a.lines[slices.IndexFunc(a.lines, func(l *line) bool { return l.kind == rtc.Video })].sending.video
	a.mu.Unlock()
	sender.count(func(s *senderStats) { s.limitation.set("cpu", time.Now()) })
	s, err := a.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if reason := s.Outbound.Video.QualityLimitation; reason != "none" {
		t.Errorf("limited by %s", reason)
	}
}
