package peer

import (
	"testing"

	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
)

// bound is what pion binds a track with.
type bound struct{ webrtc.TrackLocalContext }

func (bound) CodecParameters() []webrtc.RTPCodecParameters { return nil }
func (bound) WriteStream() webrtc.TrackLocalWriter         { return nil }
func (bound) SSRC() webrtc.SSRC                            { return 7 }
func (bound) SSRCRetransmission() webrtc.SSRC              { return 8 }

// Choosing a codec takes the connection's lock, and who holds that may ask for the counters: the track's own lock must not
// be held meanwhile, or a call stands still for good.
func TestBindHoldsNoLockWhileItAsks(t *testing.T) {
	o := newOutbound(rtc.Video, "stream", "id")
	o.preferred = func([]webrtc.RTPCodecParameters) (none webrtc.RTPCodecParameters) {
		if !o.mu.TryLock() {
			t.Error("the track is locked")
			return none
		}
		o.mu.Unlock()
		return none
	}
	if _, err := o.Bind(bound{}); err != nil {
		t.Fatal(err)
	}
	if ssrc, rtx, _, _, _ := o.counters(); ssrc != 7 || rtx != 8 {
		t.Errorf("sources %d and %d", ssrc, rtx)
	}
}
