package peer

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parley/connector/rtc"
)

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
