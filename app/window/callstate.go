package window

import (
	"context"
	"errors"

	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/session"
)

// keepTruth shows, while a call is being restored, what it was before it was cut off: between two attempts the connector has
// no call and no tracks, but the next attempt takes the same. With the lock held.
func (c *controller) keepTruth(s *session.Snapshot) {
	if c.cut.State != "" {
		state, started := s.Call.State, s.Call.Started
		s.Call = c.cut
		s.Call.State, s.Call.Started = state, started
		s.Call.OnHold, s.Call.Held = false, false // a new call begins without
	}
	audio, video := c.stream.Audio, c.stream.Video
	s.Media.HasMicrophone, s.Media.HasCamera = audio != nil, video != nil
	s.Media.MicrophoneOn = audio != nil && audio.Enabled()
	s.Media.CameraOn = video != nil && video.Enabled()
	s.Media.Camera = video
}

// switchTrack has the connector switch a track. While the call is being restored it may have none: then it is switched
// here, and the next attempt sends it so.
func (c *controller) switchTrack(kind rtc.Kind, on bool, connectors func() error) error {
	err := connectors()
	if !errors.Is(err, call.ErrNone) {
		return err
	}
	c.mu.Lock()
	track := c.stream.Audio
	if kind == rtc.Video {
		track = c.stream.Video
	}
	restoring := c.snapshot.Redial.State.Reconnecting()
	c.mu.Unlock()
	if !restoring || track == nil {
		return err
	}
	track.SetEnabled(on)
	c.changed()
	return nil
}

// Hold implements views.Actions.
func (c *controller) Hold(ctx context.Context, on bool) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	return link.Connector.Hold(ctx, on)
}
