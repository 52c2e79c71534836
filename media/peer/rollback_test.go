package peer

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parley/connector/rtc"
)

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
