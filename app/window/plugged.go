package window

import (
	"cmp"
	"context"
	"errors"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/views"
	"parley/views/kept"
	"parley/views/text"
)

// devicesChanged is told that devices came or went; from any goroutine.
func (c *controller) devicesChanged() {
	c.lookForSpeaker()
	c.mu.Lock()
	running := c.takingUp
	c.takingUp = true
	c.lookAgain = running
	c.mu.Unlock()
	if running {
		return
	}
	c.later(func(ctx context.Context) {
		for again := true; again; {
			c.takeUp(ctx)
			c.mu.Lock()
			again = c.lookAgain
			c.takingUp, c.lookAgain = again, false
			c.mu.Unlock()
		}
	})
}

// takeUp gives a call that began without a camera, or without a microphone, the one that was connected since. It is ready
// but off: nobody is seen or heard because a plug was put in.
func (c *controller) takeUp(ctx context.Context) {
	c.mu.Lock()
	link, had, chose := c.link, c.stream, c.chose
	ready := link != nil && c.talking()
	if ready || !c.dialing && c.snapshot.Call.State == call.Idle {
		c.chose.camera, c.chose.microphone = false, false
	}
	c.mu.Unlock()
	if !ready {
		return // tryChosen follows when the call stands
	}
	s := c.settings()
	var found rtc.LocalStream
	if had.Video == nil && s.Camera != kept.NoDevice {
		camera, err := c.camera(s.Camera, c.cameraOptions(s, false))
		switch {
		case err == nil && camera != nil:
			found.Video = camera
		case err != nil && chose.camera:
			c.missing(views.TroubleCamera, err)
		}
	}
	if had.Audio == nil && s.Microphone != kept.NoDevice {
		microphone, err := c.media.Microphone(s.Microphone, c.microphoneOptions())
		switch {
		case err == nil && microphone != nil:
			microphone.SetEnabled(false)
			c.listen(microphone)
			found.Audio = microphone
		case err != nil && chose.microphone:
			c.missing(views.TroubleMicrophone, err)
		}
	}
	if found == (rtc.LocalStream{}) {
		return
	}
	err := link.Connector.ReplaceStream(ctx, found, connector.ReplaceOptions{KeepExisting: true})
	if err != nil {
		c.logger.Warn("take a new device up", "error", err)
	}
	theirs := err == nil || errors.Is(err, call.ErrNotNegotiated) // then it is the call's already
	if !theirs || !c.adopt(had, found) {
		stopAll(found)
		return
	}
	if err != nil {
		return
	}
	devices := c.media.Devices()
	if found.Video != nil {
		name := deviceName(devices.Cameras, s.Camera)
		c.tell(views.ToldCameraNew, cmp.Or(name, text.T("settings.device.pattern")), "")
	}
	if found.Audio != nil {
		c.tell(views.ToldMicrophoneNew, deviceName(devices.Microphones, s.Microphone), "")
	}
}

// talking tells whether the call stands and has its devices; with the lock held.
func (c *controller) talking() bool { return !c.dialing && c.snapshot.Call.State.Active() }

// tryChosen tries what was chosen while the call did not stand yet.
func (c *controller) tryChosen() {
	c.mu.Lock()
	waits := c.talking() && (c.chose.camera || c.chose.microphone)
	c.mu.Unlock()
	if waits {
		c.devicesChanged()
	}
}

// adopt makes found part of the call's stream; false when the call it was found for is over.
func (c *controller) adopt(had, found rtc.LocalStream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream != had || !c.snapshot.Call.State.Active() {
		return false
	}
	if found.Video != nil {
		c.stream.Video = found.Video
	}
	if found.Audio != nil {
		c.stream.Audio = found.Audio
	}
	return true
}

// listen hears when somebody speaks although the microphone is off.
func (c *controller) listen(microphone rtc.LocalTrack) {
	if detector, ok := microphone.(speechDetector); ok {
		detector.OnSpeakingWhileMuted(c.speaking)
	}
}

func stopAll(stream rtc.LocalStream) {
	for _, t := range []rtc.LocalTrack{stream.Audio, stream.Video} {
		if t != nil {
			t.Stop()
		}
	}
}

// deviceName is what people call the device that is used for a choice; "" is the system's.
func deviceName(list []views.Device, chosen string) string {
	for _, d := range list {
		if d.ID == chosen || chosen == "" && d.Default {
			return d.Name
		}
	}
	if len(list) > 0 {
		return list[0].Name
	}
	return chosen
}
