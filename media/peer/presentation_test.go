package peer

import (
	"strings"
	"testing"
	"time"

	"parley/connector/rtc"
)

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
