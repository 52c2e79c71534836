package connector

import (
	"parley/connector/balancer"
	"parley/connector/rtc"
)

// cameraSender is the main video's slot as a sender. There is one at a time and its identity is its peer connection's.
func (c *Connector) cameraSender() (balancer.Sender, bool) {
	camera := c.cameraOfCall()
	if camera == nil {
		return nil, false
	}
	if c.call.Stream().Video == nil {
		return nil, true
	}
	return camera, true
}

// cameraOfCall is nil outside a call.
func (c *Connector) cameraOfCall() *cameraSender {
	peer := c.call.Peer()
	if peer == nil {
		return nil
	}
	if c.camera == nil || c.camera.peer != peer {
		c.camera = &cameraSender{c: c, peer: peer}
	}
	return c.camera
}

// cameraSender limits what the camera sends: by the balancer's decision and by what the caller of ReplaceStream asked for,
// whichever is less.
type cameraSender struct {
	c        *Connector
	peer     rtc.PeerConnection
	balanced *rtc.Encoding // the balancer's last decision; nil: none yet
	limit    SendEncoding  // the caller's
}

func (s *cameraSender) Track() (id any, size balancer.Size, ok bool) {
	track := s.c.call.Stream().Video
	if track == nil {
		return nil, balancer.Size{}, false
	}
	settings := track.Settings()
	return track.ID(), balancer.Size{Width: float64(settings.Width), Height: float64(settings.Height)}, true
}

func (s *cameraSender) Codec() string { return s.c.cameraCodec }

// Encodings are what the balancer decided last, so that it does not take the caller's limits for a change.
func (s *cameraSender) Encodings() []balancer.Encoding {
	e := s.c.cameraEncoding(s.peer)
	if s.balanced != nil {
		e = *s.balanced
	}
	var out balancer.Encoding
	if e.MaxBitrate > 0 {
		bitrate := float64(e.MaxBitrate)
		out.MaxBitrate = &bitrate
	}
	if e.ScaleDown > 0 {
		out.ScaleDown = &e.ScaleDown
	}
	return []balancer.Encoding{out}
}

func (s *cameraSender) SetEncodings(encodings []balancer.Encoding, done func(error)) {
	s.balanced = &rtc.Encoding{}
	if len(encodings) > 0 {
		if b := encodings[0].MaxBitrate; b != nil {
			s.balanced.MaxBitrate = int(*b)
		}
		if f := encodings[0].ScaleDown; f != nil {
			s.balanced.ScaleDown = *f
		}
	}
	s.apply()
	done(nil)
}

// apply sets the lesser of both limits; what else is set of the encoding stays.
func (s *cameraSender) apply() {
	e := s.c.cameraEncoding(s.peer)
	e.MaxBitrate, e.ScaleDown, e.MaxFrameRate = s.limit.MaxBitrate, s.limit.ScaleDown, s.limit.MaxFrameRate
	if b := s.balanced; b != nil {
		if e.MaxBitrate == 0 || b.MaxBitrate > 0 && b.MaxBitrate < e.MaxBitrate {
			e.MaxBitrate = b.MaxBitrate
		}
		e.ScaleDown = max(e.ScaleDown, b.ScaleDown)
	}
	s.c.setCameraEncoding(s.peer, e)
}

// adjust takes what ReplaceStream asked for; what it does not say stays.
func (s *cameraSender) adjust(o ReplaceOptions) {
	e := s.c.cameraEncoding(s.peer)
	before := e
	switch o.ContentHint {
	case "":
	case "none":
		e.ContentHint = ""
	default:
		e.ContentHint = o.ContentHint
	}
	if o.DegradationPreference != "" {
		e.DegradationPreference = o.DegradationPreference
	}
	if e != before {
		s.c.setCameraEncoding(s.peer, e)
	}
	if o.Encoding != nil {
		s.limit = *o.Encoding
		s.apply()
	}
}
