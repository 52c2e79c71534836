package window

import (
	"parley/connector/rtc"
	"parley/media/peer"
	"parley/views"
)

// codecFailed tells what is not sent or shown because its codec does not open; from any goroutine.
func (c *controller) codecFailed(f peer.CodecFailure) {
	c.mu.Lock()
	calling, presented := views.InCall(c.snapshot), c.snapshot.Streams.Contented.Video()
	c.mu.Unlock()
	if !calling {
		return // it came as the call ended
	}
	told := views.Told{Codec: f.Codec}
	switch {
	case f.Track != nil && f.Track.Kind() == rtc.Audio:
		told.What = views.ToldNotHeard
	case f.Track != nil && f.Track == presented:
		told.What = views.ToldShareNotSeen
	case f.Track != nil:
		told.What = views.ToldNotSeen
	case f.Slot == rtc.SlotAudio:
		told.What = views.ToldNobodyHears
	case f.Slot == rtc.SlotPresentation:
		told.What = views.ToldNobodySeesShare
	default:
		told.What = views.ToldNobodySees
	}
	c.tellOf(told)
}
