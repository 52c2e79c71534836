package window

import (
	"parley/connector/rtc"
	"parley/views"
)

// dropTracks gives the devices back.
func (c *controller) dropTracks() {
	c.mu.Lock()
	tracks := []rtc.LocalTrack{c.stream.Audio, c.stream.Video}
	if c.shared != nil {
		tracks = append(tracks, c.shared.track)
	}
	c.stream, c.shared = rtc.LocalStream{}, nil
	c.mutedSpeech = false
	c.mu.Unlock()
	for _, t := range tracks {
		if t != nil {
			t.Stop()
		}
	}
}

// openStream opens camera and microphone. A call works without either: what cannot be opened is left out, and told.
func (c *controller) openStream(video bool) rtc.LocalStream {
	s := c.settings()
	var stream rtc.LocalStream
	camera, err := c.camera(s.Camera, c.cameraOptions(s, video && !s.CameraOff))
	if err != nil {
		c.missing(views.TroubleCamera, err)
	} else if camera != nil {
		stream.Video = camera
	}
	if err := c.process(s.Sound); err != nil {
		c.logger.Warn("improve the microphone's sound", "error", err)
	}
	microphone, err := c.media.Microphone(s.Microphone, c.microphoneOptions())
	if err != nil {
		c.missing(views.TroubleMicrophone, err)
	} else if microphone != nil {
		microphone.SetEnabled(!s.Muted)
		c.listen(microphone)
		stream.Audio = microphone
	}
	return stream
}

// speechDetector is a microphone that hears when somebody speaks although it is off.
type speechDetector interface {
	OnSpeakingWhileMuted(fn func(speaking bool))
}

// speaking notes that somebody speaks while the microphone is off; from any goroutine.
func (c *controller) speaking(on bool) {
	c.mu.Lock()
	changed := c.mutedSpeech != on
	c.mutedSpeech = on
	c.mu.Unlock()
	if changed {
		c.changed()
	}
}

// missing notes a device that could not be opened, but not where there is none of its kind: a computer without a camera
// needs no telling of it in every call.
func (c *controller) missing(device views.TroubleDevice, err error) {
	devices, chosen := c.media.Devices().Cameras, c.settings().Camera
	if device == views.TroubleMicrophone {
		devices, chosen = c.media.Devices().Microphones, c.settings().Microphone
	}
	if chosen == "" && len(devices) == 0 {
		c.logger.Info("no device", "device", device, "error", err)
		return
	}
	c.lost(device, err)
}

// lost notes a device that failed in a call; from any goroutine.
func (c *controller) lost(device views.TroubleDevice, err error) {
	c.logger.Warn("device failed", "device", device, "error", err)
	c.mu.Lock()
	c.trouble = views.Trouble{Device: device, Err: err}
	c.mu.Unlock()
	c.changed()
}
