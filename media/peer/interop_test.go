package peer

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/connector/rtc"
)

func readSDP(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnswerToChromium(t *testing.T) {
	a := newTestConn(t, testConfig(t), rtc.Config{})
	answer, err := a.Answer(t.Context(), readSDP(t, "chromium-offer.sdp"))
	if err != nil {
		t.Fatal(err)
	}
	m := mediaLines(answer)
	if len(m) != 3 {
		t.Fatalf("%d m-lines:\n%s", len(m), answer)
	}
	if got := m[0][0]; got != "m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8" {
		t.Errorf("%s", got)
	}
	// The peer's order, the baseline profiles only, once each, with retransmission.
	if got := m[1][0]; got != "m=video 9 UDP/TLS/RTP/SAVPF 96 97 103 104 107 108 45 46 98 99" {
		t.Errorf("%s", got)
	}
	if got := m[2][0]; got != "m=application 0 UDP/DTLS/SCTP 0" {
		t.Errorf("%s", got)
	}
	if !strings.Contains(answer, "a=group:BUNDLE 0 1\r\n") {
		t.Error("BUNDLE")
	}
	for _, want := range []string{"a=sendrecv", "a=setup:active", "a=rtcp-mux",
		"a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
		"a=fmtp:103 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
		"a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 transport-cc", "a=fmtp:97 apt=96"} {
		if !has(m[1], want) {
			t.Errorf("no %s in %v", want, m[1])
		}
	}
	tracks := a.RemoteTracks()
	if len(tracks) != 2 || tracks[1].ID() != "a0000000-0000-4000-8000-000000000003" ||
		tracks[1].StreamID() != "0d6d9a6c-0000-4000-8000-000000000001" {
		t.Errorf("tracks %v", tracks)
	}

	// The user's order counts in answers too.
	b := newTestConn(t, testConfig(t), rtc.Config{Codecs: rtc.Codecs{Preferred: []string{"VP9", "H264"}, Excluded: []string{"AV1"}}})
	if answer, err = b.Answer(t.Context(), readSDP(t, "chromium-offer.sdp")); err != nil {
		t.Fatal(err)
	}
	if got := mediaLines(answer)[1][0]; got != "m=video 9 UDP/TLS/RTP/SAVPF 98 99 103 104 107 108 96 97" {
		t.Errorf("%s", got)
	}
}

// A gateway: ICE lite, no BUNDLE, no mid, no rtcp-fb, static payload types, another H264 profile.
func TestAnswerToGateway(t *testing.T) {
	a := newTestConn(t, testConfig(t), rtc.Config{})
	answer, err := a.Answer(t.Context(), readSDP(t, "gateway-offer.sdp"))
	if err != nil {
		t.Fatal(err)
	}
	m := mediaLines(answer)
	if len(m) != 2 {
		t.Fatalf("%d m-lines:\n%s", len(m), answer)
	}
	if got := m[0][0]; got != "m=audio 9 UDP/TLS/RTP/SAVPF 8 0" {
		t.Errorf("%s", got)
	}
	if got := m[1][0]; !strings.HasPrefix(got, "m=video ") || strings.HasPrefix(got, "m=video 0") || !strings.HasSuffix(got, " 99") {
		t.Errorf("%s", got)
	}
	if !has(m[1], "a=fmtp:99 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=640028") {
		t.Errorf("%v", m[1])
	}
	if !has(m[0], "a=candidate") || !has(m[1], "a=candidate") || strings.Contains(answer, "a=group") {
		t.Errorf("transports:\n%s", answer)
	}
	if has(m[0], "a=rtcp-fb") || has(m[1], "a=rtcp-fb") {
		t.Error("feedback that was not offered")
	}
}

// peerWithout is how the SDP of simpler peers differs from ours.
func peerWithout(text string, what string) string {
	drop := func(pattern string) string {
		return regexp.MustCompile(`(?m)^a=`+pattern+`.*\r\n`).ReplaceAllString(text, "")
	}
	switch what {
	case "sources":
		return drop(`(ssrc|ssrc-group|msid):`)
	case "feedback":
		return drop(`rtcp-fb:`)
	case "mid":
		return drop(`(mid|group):`)
	case "retransmission":
		text = drop(`ssrc-group:`)
		return regexp.MustCompile(`(?m)^a=(rtpmap:\d+ rtx|fmtp:\d+ apt).*\r\n`).ReplaceAllString(text, "")
	case "congestion control":
		text = regexp.MustCompile(`(?m)^a=rtcp-fb:\d+ transport-cc\r\n`).ReplaceAllString(text, "")
		return regexp.MustCompile(`(?m)^a=extmap:.*\r\n`).ReplaceAllString(text, "")
	}
	return text
}

// repairs tells whether lost packets of a picture are asked for.
func repairs(pc *Conn, t *RemoteTrack) bool {
	pc.mu.Lock()
	defer pc.mu.Unlock()
	for _, l := range pc.lines {
		if v := l.receiver.video; v != nil && v.track == t {
			v.mu.Lock()
			defer v.mu.Unlock()
			return !v.buffer.noRepair
		}
	}
	return false
}

func TestSimplePeers(t *testing.T) {
	for _, what := range []string{"sources", "feedback", "mid", "retransmission", "congestion control"} {
		t.Run("without "+what, func(t *testing.T) {
			a, b := newTestConn(t, testConfig(t), rtc.Config{}), newTestConn(t, testConfig(t), rtc.Config{})
			for pc, shade := range map[*Conn]byte{a: 40, b: 200} {
				if _, err := pc.SetTrack(rtc.SlotMain, newPattern(t, "cam", 320, 180, 30, shade)); err != nil {
					t.Fatal(err)
				}
				if _, err := pc.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
					t.Fatal(err)
				}
			}
			exchange := func() {
				offer, err := a.Offer(t.Context(), rtc.OfferOptions{})
				if err != nil {
					t.Fatal(err)
				}
				answer, err := b.Answer(t.Context(), peerWithout(offer, what))
				if err != nil {
					t.Fatal(err)
				}
				if err := a.ApplyAnswer(t.Context(), peerWithout(answer, what)); err != nil {
					t.Fatal(err)
				}
				if n := len(mediaLines(offer)); n != 2 {
					t.Errorf("%d m-lines in the offer", n)
				}
			}
			check := func() {
				for pc, shade := range map[*Conn]int{a: 200, b: 40} {
					f := nextFrames(t, remoteVideo(t, pc, 0), 5, 10*time.Second)
					if d := shadeOf(f) - shade; d < -10 || d > 10 {
						t.Errorf("shade %d, want %d", shadeOf(f), shade)
					}
					f.Release()
					eventually(t, "sound", 5*time.Second, func() bool {
						s, err := pc.Stats(t.Context())
						return err == nil && s.Inbound.Audio != nil && s.Inbound.Audio.PacketsReceived > 10
					})
				}
			}
			exchange()
			connected(t, a, b)
			check()
			for _, pc := range []*Conn{a, b} {
				v := remoteVideo(t, pc, 0)
				if waits := repairs(pc, v); waits == (what == "feedback") {
					t.Errorf("waits for repairs: %v", waits)
				}
			}
			exchange()
			check()
		})
	}
}

func TestStatsAreComplete(t *testing.T) {
	out := newSpeaker()
	config := testConfig(t)
	config.Output = out
	a, b := newTestConn(t, testConfig(t), rtc.Config{}), newTestConn(t, config, rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 640, 360, 30, 90)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	nextFrames(t, remoteVideo(t, b, 0), 60, 30*time.Second).Release()
	out.play(300 * time.Millisecond)
	eventually(t, "the peer's reports", 5*time.Second, func() bool {
		s, err := a.Stats(t.Context())
		return err == nil && s.Outbound.Video.RoundTripMeasurements > 0 && s.Outbound.Audio.ReportsReceived > 0
	})
	sa, err := a.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sb, err := b.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v, w := sa.Outbound.Video, sb.Inbound.Video
	if v.Codec != "VP8" || v.FrameWidth != 640 || v.FrameHeight != 360 || v.FramesSent < 40 || v.KeyFramesEncoded == 0 ||
		v.FrameRate < 5 || v.FrameRate > 35 || v.TargetBitrate < 100_000 || v.TargetBitrate > 500_000 || !v.Active ||
		v.QualityLimitation != "none" || v.TotalEncodeTime <= 0 || v.HeaderBytesSent == 0 {
		t.Errorf("outbound video %+v", v)
	}
	if w.SSRC != v.SSRC || w.Codec != "VP8" || w.FramesDecoded < 50 || w.FrameWidth != 640 || w.PacketsLost > 2 ||
		w.TotalDecodeTime <= 0 || w.JitterBufferEmitted < 50 || w.ReportsReceived == 0 || w.FrameRate < 5 {
		t.Errorf("inbound video %+v", w)
	}
	x, y := sa.Outbound.Audio, sb.Inbound.Audio
	if x.Codec != "opus" || x.PacketsSent < 50 || x.AudioLevel < 0.2 || x.TargetBitrate == 0 {
		t.Errorf("outbound audio %+v", x)
	}
	if y.Codec != "OPUS" || y.PacketsReceived < 50 || y.TotalSamples == 0 || y.AudioLevel < 0.2 {
		t.Errorf("inbound audio %+v", y)
	}
	for _, key := range []string{"availableOutgoingBitrate", "localCandidate", "remoteCandidate", "bytesSent", "currentRoundTripTime"} {
		if _, ok := sa.CandidatePair[key]; !ok {
			t.Errorf("candidate pair has no %s: %v", key, sa.CandidatePair)
		}
	}
	if sa.Transport["dtlsState"] != "connected" {
		t.Errorf("transport %v", sa.Transport)
	}
}

func TestLimits(t *testing.T) {
	a, b := newTestConn(t, testConfig(t), rtc.Config{MaxWidth: 320, MaxHeight: 320}), newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 640, 360, 30, 90)); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	r := remoteVideo(t, b, 0)
	f := nextFrames(t, r, 3, 10*time.Second)
	if f.Width != 320 || f.Height != 180 {
		t.Errorf("size %dx%d", f.Width, f.Height)
	}
	f.Release()
	a.SetEncoding(rtc.SlotMain, rtc.Encoding{ScaleDown: 2, MaxBitrate: 100_000, MaxFrameRate: 10})
	if got := a.Encoding(rtc.SlotMain); got.MaxBitrate != 100_000 {
		t.Errorf("encoding %+v", got)
	}
	eventually(t, "a smaller picture", 5*time.Second, func() bool {
		f, _ := r.Frames().Newest()
		if f == nil {
			return false
		}
		defer f.Release()
		// The limit holds for the scaled picture: 640 / 2 = 320.
		return f.Width == 320
	})
	a.SetEncoding(rtc.SlotMain, rtc.Encoding{ScaleDown: 200, MaxBitrate: 60_000, MaxFrameRate: 10})
	eventually(t, "the paused picture", 5*time.Second, func() bool {
		f, _ := r.Frames().Newest()
		if f == nil {
			return false
		}
		defer f.Release()
		return f.Width == 16 && f.Height == 16
	})
	s := func() *rtc.StreamStats {
		s, err := a.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s.Outbound.Video
	}
	if before := s(); before.TargetBitrate > 60_000 {
		t.Errorf("target %v", before.TargetBitrate)
	}
	began, before := time.Now(), s().FramesSent
	nextFrames(t, r, 10, 5*time.Second).Release()
	if rate := float64(s().FramesSent-before) / time.Since(began).Seconds(); rate > 13 {
		t.Errorf("%.1f frames a second", rate)
	}
}

func TestUnknownMediaIsRefusedAndKept(t *testing.T) {
	a, b := newTestConn(t, testConfig(t), rtc.Config{}), newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 320, 180, 30, 66)); err != nil {
		t.Fatal(err)
	}
	offer, err := a.Offer(t.Context(), rtc.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// A BFCP m-line between audio and video.
	at := strings.Index(offer, "m=video")
	foreign := offer[:at] + "m=application 5070 TCP/BFCP *\r\nc=IN IP4 0.0.0.0\r\na=mid:floor\r\na=floorctrl:c-only\r\n" + offer[at:]
	answer, err := b.Answer(t.Context(), foreign)
	if err != nil {
		t.Fatal(err)
	}
	m := mediaLines(answer)
	if len(m) != 3 || !strings.HasPrefix(m[1][0], "m=application 0 TCP/BFCP") || !has(m[2], "a=mid:1") {
		t.Fatalf("answer:\n%s", answer)
	}
	// Our own next offer keeps the refused m-line in its place.
	back, err := b.Offer(t.Context(), rtc.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if m := mediaLines(back); len(m) != 3 || !strings.HasPrefix(m[1][0], "m=application 0") {
		t.Errorf("offer:\n%s", back)
	}
}

func FuzzRemoteDescription(f *testing.F) {
	for _, name := range []string{"chromium-offer.sdp", "gateway-offer.sdp"} {
		f.Add(readSDP(f, name), false)
		f.Add(readSDP(f, name), true)
	}
	formats := localFormats(rtc.Codecs{})
	f.Fuzz(func(t *testing.T, text string, answer bool) {
		r, err := parseRemote(text, answer, []string{"0", "1"}, formats, true)
		if err != nil {
			return
		}
		// What is given to pion can be read again, and means the same.
		again, err := parseRemote(r.forPion(), answer, nil, formats, false)
		if err != nil {
			t.Fatalf("%v:\n%s", err, r.forPion())
		}
		usable := slices.DeleteFunc(slices.Clone(r.sections), func(s remoteSection) bool { return !s.usable() })
		if len(usable) != len(again.sections) {
			t.Fatalf("%d of %d m-lines", len(again.sections), len(usable))
		}
		for i, s := range again.sections {
			if s.mid != usable[i].mid || len(s.formats) != len(usable[i].formats) || s.kind != usable[i].kind {
				t.Fatalf("m-line %+v became %+v", usable[i], s)
			}
		}
	})
}
