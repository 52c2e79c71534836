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
