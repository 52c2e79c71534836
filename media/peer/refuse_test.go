package peer

import (
	"testing"
	"time"

	"parley/connector/rtc"
)

// What an offer of ours asks the peer not to send stays away until an offer without that, also over offers of the peer's
// and a rollback.
func TestOffersThatReceiveNothing(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	if _, err := b.SetTrack(rtc.SlotMain, newPattern(t, "cam b", 320, 180, 30, 150)); err != nil {
		t.Fatal(err)
	}
	track := remoteVideo(t, a, 0)
	nextFrames(t, track, 3, 10*time.Second).Release()
	directions := func(what, text string, want ...string) {
		t.Helper()
		for i, m := range mediaLines(text) {
			if !has(m, "a="+want[i]) {
				t.Errorf("%s: m-line %d is not %s: %v", what, i, want[i], m)
			}
		}
	}
	offer, answer := negotiate(t, a, b, rtc.OfferOptions{NoVideo: true})
	directions("offer without video", offer, "sendrecv", "sendonly")
	directions("its answer", answer, "sendrecv", "recvonly")
	select {
	case <-track.Ended():
	case <-time.After(time.Second):
		t.Error("the track does not end")
	}
	nextFrames(t, remoteVideo(t, b, 0), 3, 5*time.Second).Release() // what we send goes on

	// The peer's own offer does not undo it.
	offer, answer = negotiate(t, b, a, rtc.OfferOptions{})
	directions("the peer's offer", offer, "sendrecv", "sendrecv")
	directions("our answer", answer, "sendrecv", "sendonly")

	// An offer that is given up changes nothing.
	if offer, err := a.Offer(t.Context(), rtc.OfferOptions{NoAudio: true}); err != nil {
		t.Fatal(err)
	} else {
		directions("given up", offer, "sendonly", "sendrecv")
	}
	if err := a.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, answer = negotiate(t, b, a, rtc.OfferOptions{})
	directions("after the rollback", answer, "sendrecv", "sendonly")

	offer, answer = negotiate(t, a, b, rtc.OfferOptions{})
	directions("taken back", offer, "sendrecv", "sendrecv")
	directions("its answer", answer, "sendrecv", "sendrecv")
	nextFrames(t, remoteVideo(t, a, 0), 3, 5*time.Second).Release()
}
