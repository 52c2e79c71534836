package peer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"parley/connector/rtc"
)

// mediaLines returns the m-lines of a description, each with its attributes.
func mediaLines(text string) [][]string {
	var list [][]string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "m=") {
			list = append(list, nil)
		}
		if len(list) > 0 && line != "" {
			list[len(list)-1] = append(list[len(list)-1], line)
		}
	}
	return list
}

func has(lines []string, prefix string) bool {
	for _, l := range lines {
		if strings.HasPrefix(l, prefix) {
			return true
		}
	}
	return false
}

func TestOfferForm(t *testing.T) {
	a := newTestConn(t, testConfig(t), rtc.Config{Codecs: rtc.Codecs{Preferred: []string{"h264"}, Excluded: []string{"vp9"}}})
	offer, err := a.Offer(t.Context(), rtc.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	m := mediaLines(offer)
	if len(m) != 2 || !strings.HasPrefix(m[0][0], "m=audio ") || !strings.HasPrefix(m[1][0], "m=video ") {
		t.Fatalf("m-lines:\n%s", offer)
	}
	if !strings.Contains(offer, "a=group:BUNDLE 0 1\r\n") {
		t.Error("no BUNDLE of both")
	}
	for i, lines := range m {
		for _, want := range []string{"a=rtcp-mux", "a=setup:actpass", "a=sendrecv", "a=ice-ufrag:", "a=msid:", "a=ssrc:"} {
			if !has(lines, want) {
				t.Errorf("m-line %d has no %s", i, want)
			}
		}
	}
	if !has(m[0], "a=candidate:") || !has(m[0], "a=end-of-candidates") {
		t.Errorf("no candidates:\n%s", offer)
	}
	for _, l := range m[0] {
		if strings.HasPrefix(l, "a=candidate:") && strings.Fields(l)[1] != "1" {
			t.Errorf("second component: %s", l)
		}
	}
	if !has(m[0], "a=rtpmap:111 opus/48000/2") || !has(m[0], "a=fmtp:111 minptime=10;useinbandfec=1") ||
		!strings.HasPrefix(m[0][0], "m=audio 9 UDP/TLS/RTP/SAVPF 111 ") {
		t.Errorf("audio: %v", m[0])
	}
	if !strings.HasPrefix(m[1][0], "m=video 9 UDP/TLS/RTP/SAVPF 102 103 108 109 ") {
		t.Errorf("H264 is not first: %s", m[1][0])
	}
	for _, want := range []string{"a=rtcp-fb:102 nack", "a=rtcp-fb:102 nack pli", "a=rtcp-fb:102 ccm fir",
		"a=rtcp-fb:102 transport-cc", "a=rtpmap:103 rtx/90000", "a=fmtp:103 apt=102",
		"a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		"a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"} {
		if !has(m[1], want) {
			t.Errorf("video has no %s", want)
		}
	}
	if strings.Contains(offer, "VP9") {
		t.Error("an excluded codec is offered")
	}
}

func TestPresentationComesGoesAndComesAgain(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	nextFrames(t, remoteVideo(t, b, 0), 3, 10*time.Second).Release()

	screen := newPattern(t, "screen", 800, 600, 15, 200)
	again, err := a.SetTrack(rtc.SlotPresentation, screen)
	if err != nil || !again {
		t.Fatalf("%v, renegotiate %v", err, again)
	}
	offer, answer := negotiate(t, a, b, rtc.OfferOptions{})
	mo, ma := mediaLines(offer), mediaLines(answer)
	if len(mo) != 3 || !has(mo[2], "a=mid:2") || !has(mo[2], "a=sendrecv") || has(mo[2], "b=") {
		t.Errorf("third m-line of the offer: %v", mo)
	}
	if len(ma) != 3 || !has(ma[2], "a=recvonly") || has(ma[2], "a=ssrc:") {
		t.Errorf("third m-line of the answer: %v", ma)
	}
	r := remoteVideo(t, b, 1)
	if !strings.Contains(r.Label(), "dual") {
		t.Errorf("label %q", r.Label())
	}
	f := nextFrames(t, r, 3, 10*time.Second)
	if f.Width != 800 || shadeOf(f) < 190 {
		t.Errorf("%dx%d, shade %d", f.Width, f.Height, shadeOf(f))
	}
	f.Release()
	nextFrames(t, remoteVideo(t, b, 0), 3, 5*time.Second).Release() // the camera goes on

	if again, err = a.SetTrack(rtc.SlotPresentation, nil); err != nil || again {
		t.Fatalf("stopping: %v, renegotiate %v", err, again)
	}
	eventually(t, "muted", 5*time.Second, r.Muted)
	other := newPattern(t, "screen 2", 640, 480, 15, 30)
	if again, err = a.SetTrack(rtc.SlotPresentation, other); err != nil || again {
		t.Fatalf("starting again: %v, renegotiate %v", err, again)
	}
	eventually(t, "the second screen", 5*time.Second, func() bool {
		f, _ := r.Frames().Newest()
		if f == nil {
			return false
		}
		defer f.Release()
		return f.Width == 640 && shadeOf(f) < 40
	})
	offer, _ = negotiate(t, a, b, rtc.OfferOptions{})
	if len(mediaLines(offer)) != 3 {
		t.Errorf("the m-line was not used again:\n%s", offer)
	}
	s, err := a.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Outbound.Presentation == nil || s.Outbound.Presentation.FramesSent == 0 || s.Outbound.Video.FramesSent == 0 {
		t.Errorf("stats %+v", s.Outbound)
	}
}

// Both sides present: each adds an m-line of its own.
func TestBothPresent(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotPresentation, newPattern(t, "screen a", 320, 240, 15, 200)); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	if again, err := b.SetTrack(rtc.SlotPresentation, newPattern(t, "screen b", 352, 288, 15, 30)); err != nil || !again {
		t.Fatalf("%v, renegotiate %v", err, again)
	}
	negotiate(t, b, a, rtc.OfferOptions{})
	f := nextFrames(t, remoteVideo(t, b, 1), 3, 10*time.Second)
	g := nextFrames(t, remoteVideo(t, a, 1), 3, 10*time.Second)
	if f.Width != 320 || g.Width != 352 {
		t.Errorf("widths %d and %d", f.Width, g.Width)
	}
	f.Release()
	g.Release()
}

func TestKeyFrameOnRequest(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	r := remoteVideo(t, b, 0)
	nextFrames(t, r, 15, 10*time.Second).Release()
	stats := func() *rtc.StreamStats {
		s, err := a.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s.Outbound.Video
	}
	before := stats().KeyFramesEncoded
	ssrc := outboundSSRC(t, a, rtc.SlotMain)
	began := time.Now()
	for range 10 { // a peer that asks too often
		b.writeRTCP(&rtcp.PictureLossIndication{MediaSSRC: ssrc})
		b.writeRTCP(&rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc}}})
	}
	eventually(t, "a key frame", 2*time.Second, func() bool { return stats().KeyFramesEncoded > before })
	nextFrames(t, r, 20, 5*time.Second).Release()
	s := stats()
	most := before + uint64(time.Since(began)/keyFrameInterval) + 1
	if s.KeyFramesEncoded > most || s.PLICount == 0 || s.FIRCount == 0 {
		t.Errorf("key frames %d, at most %d; PLI %d, FIR %d", s.KeyFramesEncoded, most, s.PLICount, s.FIRCount)
	}
	if s.RoundTripTime < 0 || s.RoundTripTime > 1 {
		t.Errorf("round trip %v s", s.RoundTripTime)
	}
}

func TestNoCommonVideoCodec(t *testing.T) {
	out := newSpeaker()
	config := testConfig(t)
	config.Output = out
	a := newTestConn(t, testConfig(t), rtc.Config{Codecs: rtc.Codecs{Excluded: []string{"H264", "VP9", "AV1"}}})
	b := newTestConn(t, config, rtc.Config{Codecs: rtc.Codecs{Excluded: []string{"VP8"}}})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 320, 180, 15, 50)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
		t.Fatal(err)
	}
	_, answer := negotiate(t, a, b, rtc.OfferOptions{})
	m := mediaLines(answer)
	if len(m) != 2 || !strings.HasPrefix(m[1][0], "m=video 0 ") {
		t.Errorf("video is not refused:\n%s", answer)
	}
	connected(t, a, b)
	eventually(t, "sound", 5*time.Second, func() bool {
		s, err := b.Stats(t.Context())
		return err == nil && s.Inbound.Audio != nil && s.Inbound.Audio.PacketsReceived > 10
	})
	// The call can be renegotiated although an m-line is refused.
	negotiate(t, a, b, rtc.OfferOptions{})
	negotiate(t, b, a, rtc.OfferOptions{})
}

func TestNothingInCommon(t *testing.T) {
	a := newTestConn(t, testConfig(t), rtc.Config{Codecs: rtc.Codecs{Excluded: []string{"opus", "VP8"}}})
	b := newTestConn(t, testConfig(t), rtc.Config{Codecs: rtc.Codecs{
		Excluded: []string{"G722", "PCMU", "PCMA", "VP9", "H264", "AV1"}}})
	offer, err := a.Offer(t.Context(), rtc.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Answer(t.Context(), offer); !errors.Is(err, ErrNoCommonCodec) {
		t.Errorf("error %v", err)
	}
	if _, err := New(testConfig(t)).NewPeerConnection(rtc.Config{Codecs: rtc.Codecs{
		Excluded: []string{"opus", "G722", "PCMU", "PCMA", "VP8", "VP9", "H264", "AV1"}}}); !errors.Is(err, ErrNoCommonCodec) {
		t.Errorf("error %v", err)
	}
}

func TestRollbackAndFailedAnswer(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	r := remoteVideo(t, b, 0)
	nextFrames(t, r, 3, 10*time.Second).Release()

	if _, err := a.SetTrack(rtc.SlotPresentation, newPattern(t, "screen", 320, 240, 15, 200)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Offer(t.Context(), rtc.OfferOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "v=0", "nonsense", strings.Repeat("a=x\r\n", 100)} {
		if err := a.ApplyAnswer(t.Context(), bad); !errors.Is(err, ErrDescription) {
			t.Errorf("answer %.10q: %v", bad, err)
		}
	}
	if err := a.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Rollback(t.Context()); err != nil { // stable: nothing happens
		t.Fatal(err)
	}
	if err := a.ApplyAnswer(t.Context(), "v=0"); !errors.Is(err, ErrState) {
		t.Errorf("an answer after rollback: %v", err)
	}
	nextFrames(t, r, 5, 5*time.Second).Release() // the camera goes on

	// The presentation is given up: the next offer does not carry its m-line, in either direction.
	if _, err := a.SetTrack(rtc.SlotPresentation, nil); err != nil {
		t.Fatal(err)
	}
	offer, _ := negotiate(t, a, b, rtc.OfferOptions{})
	if n := len(mediaLines(offer)); n != 2 {
		t.Errorf("%d m-lines", n)
	}
	negotiate(t, b, a, rtc.OfferOptions{})
	// And it can be started after all.
	if again, err := a.SetTrack(rtc.SlotPresentation, newPattern(t, "screen", 320, 240, 15, 200)); err != nil || !again {
		t.Fatalf("%v, renegotiate %v", err, again)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	nextFrames(t, remoteVideo(t, b, 1), 3, 10*time.Second).Release()
	nextFrames(t, r, 3, 5*time.Second).Release()
}

// A first offer that nobody answered, and then the other side's offer.
func TestRollbackOfTheFirstOffer(t *testing.T) {
	a, b := newTestConn(t, testConfig(t), rtc.Config{}), newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "cam", 320, 180, 30, 77)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := a.Offer(t.Context(), rtc.OfferOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	negotiate(t, b, a, rtc.OfferOptions{}) // rolls back implicitly
	connected(t, a, b)
	nextFrames(t, remoteVideo(t, b, 0), 3, 10*time.Second).Release()
}

func TestICERestart(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	r := remoteVideo(t, b, 0)
	nextFrames(t, r, 3, 10*time.Second).Release()
	first, _ := negotiate(t, a, b, rtc.OfferOptions{})
	second, _ := negotiate(t, a, b, rtc.OfferOptions{ICERestart: true})
	ufrag := func(text string) string {
		_, rest, _ := strings.Cut(text, "a=ice-ufrag:")
		line, _, _ := strings.Cut(rest, "\r\n")
		return line
	}
	if ufrag(first) == ufrag(second) {
		t.Error("the credentials stay")
	}
	connected(t, a, b)
	nextFrames(t, r, 10, 10*time.Second).Release()

	// A restart that is given up is made up for by the next offer.
	if _, err := a.Offer(t.Context(), rtc.OfferOptions{ICERestart: true}); err != nil {
		t.Fatal(err)
	}
	if err := a.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	nextFrames(t, r, 10, 10*time.Second).Release()
}

// replaceDirection is how a peer holds: it says another direction in every m-line.
func replaceDirection(text, direction string) string {
	return strings.ReplaceAll(text, "a=sendrecv", "a="+direction)
}

func TestHoldAndResume(t *testing.T) {
	for _, c := range []struct{ hold, answer string }{
		{"sendonly", "recvonly"}, {"recvonly", "sendonly"}, {"inactive", "inactive"},
	} {
		t.Run(c.hold, func(t *testing.T) {
			a, b, _ := call(t, rtc.Config{}, rtc.Config{})
			if _, err := b.SetTrack(rtc.SlotMain, newPattern(t, "cam b", 320, 180, 30, 150)); err != nil {
				t.Fatal(err)
			}
			nextFrames(t, remoteVideo(t, b, 0), 3, 10*time.Second).Release()
			track := remoteVideo(t, a, 0)
			nextFrames(t, track, 3, 10*time.Second).Release()

			offer, err := b.Offer(t.Context(), rtc.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := a.Answer(t.Context(), replaceDirection(offer, c.hold))
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range mediaLines(answer) {
				if !has(m, "a="+c.answer) {
					t.Errorf("m-line %d is not %s: %v", i, c.answer, m)
				}
			}
			if err := b.ApplyAnswer(t.Context(), answer); err != nil {
				t.Fatal(err)
			}
			if c.hold != "sendonly" {
				select {
				case <-track.Ended():
				case <-time.After(time.Second):
					t.Error("the track does not end")
				}
			} else {
				nextFrames(t, track, 3, 5*time.Second).Release()
			}
			negotiate(t, b, a, rtc.OfferOptions{})
			nextFrames(t, remoteVideo(t, b, 0), 3, 5*time.Second).Release()
			nextFrames(t, remoteVideo(t, a, 0), 3, 5*time.Second).Release()
		})
	}
}

func TestSpectator(t *testing.T) {
	watch := newTestConn(t, testConfig(t), rtc.Config{ReceiveAudio: 1, ReceiveVideo: 4})
	b := newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := b.SetTrack(rtc.SlotMain, newPattern(t, "cam", 320, 180, 30, 99)); err != nil {
		t.Fatal(err)
	}
	offer, _ := negotiate(t, watch, b, rtc.OfferOptions{})
	m := mediaLines(offer)
	if len(m) != 5 {
		t.Fatalf("%d m-lines", len(m))
	}
	for i, lines := range m {
		if !has(lines, "a=recvonly") || has(lines, "a=ssrc:") || has(lines, "a=msid:") {
			t.Errorf("m-line %d: %v", i, lines)
		}
	}
	connected(t, watch, b)
	nextFrames(t, remoteVideo(t, watch, 0), 3, 10*time.Second).Release()
	if _, err := watch.SetTrack(rtc.SlotMain, nil); !errors.Is(err, ErrNoSlot) {
		t.Errorf("SetTrack: %v", err)
	}
}

// The peer offers an m-line on which it wants to receive: the presentation takes it.
func TestPresentationTakesTheOfferedLine(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	if _, err := b.SetTrack(rtc.SlotPresentation, newPattern(t, "x", 320, 240, 15, 10)); err != nil {
		t.Fatal(err)
	}
	offer, err := b.Offer(t.Context(), rtc.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(offer, "a=sendrecv")
	answer, err := a.Answer(t.Context(), offer[:at]+"a=recvonly"+offer[at+len("a=sendrecv"):])
	if err != nil {
		t.Fatal(err)
	}
	if m := mediaLines(answer); len(m) != 3 || !has(m[2], "a=inactive") {
		t.Errorf("answer:\n%s", answer)
	}
	if err := b.ApplyAnswer(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	again, err := a.SetTrack(rtc.SlotPresentation, newPattern(t, "screen", 640, 480, 15, 222))
	if err != nil || !again {
		t.Fatalf("%v, renegotiate %v", err, again)
	}
	second, _ := negotiate(t, a, b, rtc.OfferOptions{})
	if n := len(mediaLines(second)); n != 3 {
		t.Errorf("%d m-lines", n)
	}
	f := nextFrames(t, remoteVideo(t, b, 1), 3, 10*time.Second)
	defer f.Release()
	if f.Width != 640 {
		t.Errorf("width %d", f.Width)
	}
}

func TestCloseWhileBusy(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	r := remoteVideo(t, b, 0)
	states := make(chan rtc.ConnectionState, 16)
	b.OnConnectionState(func(s rtc.ConnectionState) { states <- s })
	done := make(chan error, 1)
	go func() {
		_, err := b.Offer(context.Background(), rtc.OfferOptions{})
		done <- err
	}()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil && !errors.Is(err, ErrClosed) {
		t.Errorf("Offer: %v", err)
	}
	select {
	case <-r.Ended():
	default:
		t.Error("the remote track has not ended")
	}
	if s := <-states; s != rtc.StateClosed {
		t.Errorf("state %s", s)
	}
	if _, err := b.Offer(t.Context(), rtc.OfferOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Offer on a closed connection: %v", err)
	}
	if _, err := b.SetTrack(rtc.SlotMain, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("SetTrack on a closed connection: %v", err)
	}
	if _, err := b.Stats(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Stats on a closed connection: %v", err)
	}
	_ = a
}

func TestAnnouncedOnce(t *testing.T) {
	a, b := newTestConn(t, testConfig(t), rtc.Config{}), newTestConn(t, testConfig(t), rtc.Config{})
	early := make(chan rtc.RemoteTrack, 16)
	b.OnTrack(func(r rtc.RemoteTrack) { early <- r })
	negotiate(t, a, b, rtc.OfferOptions{})
	late := make(chan rtc.RemoteTrack, 16)
	a.OnTrack(func(r rtc.RemoteTrack) { late <- r })
	for name, ch := range map[string]chan rtc.RemoteTrack{"early": early, "late": late} {
		kinds := map[rtc.Kind]bool{}
		for range 2 {
			select {
			case r := <-ch:
				kinds[r.Kind()] = true
			case <-time.After(2 * time.Second):
				t.Fatalf("%s: no track", name)
			}
		}
		if !kinds[rtc.Audio] || !kinds[rtc.Video] {
			t.Errorf("%s: %v", name, kinds)
		}
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	select {
	case r := <-early:
		t.Errorf("announced again: %s", r.ID())
	case <-time.After(50 * time.Millisecond):
	}
}
