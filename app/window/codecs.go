package window

import (
	"slices"

	"parley/connector/rtc"
	"parley/media/peer"
	"parley/views"
)

// codecFailed tells what is not sent or shown because its codec does not open, as long as the call goes on; from any goroutine.
func (c *controller) codecFailed(f peer.CodecFailure) {
	c.mu.Lock()
	if !views.InCall(c.snapshot) {
		c.mu.Unlock()
		return // it came as the call ended
	}
	told := views.Told{Number: c.number(), What: missing(f, c.snapshot.Streams.Contented.Video()), Codec: f.Codec}
	others := slices.DeleteFunc(slices.Clone(c.lasting), func(t views.Told) bool { return t.What == told.What })
	c.lasting = append(others, told) // a clone: models hold the slice of before
	c.mu.Unlock()
	c.logger.Info("told", "what", string(told.What), "codec", told.Codec)
	c.changed()
}

// missing is what a codec's failure takes away, where presented is the picture of what others share.
func missing(f peer.CodecFailure, presented rtc.RemoteTrack) views.ToldWhat {
	switch {
	case f.Track != nil && f.Track.Kind() == rtc.Audio:
		return views.ToldNotHeard
	case f.Track != nil && f.Track == presented:
		return views.ToldShareNotSeen
	case f.Track != nil:
		return views.ToldNotSeen
	case f.Slot == rtc.SlotAudio:
		return views.ToldNobodyHears
	case f.Slot == rtc.SlotPresentation:
		return views.ToldNobodySeesShare
	}
	return views.ToldNobodySees
}
