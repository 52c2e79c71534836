package window

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"parley/connector/rtc"
	"parley/media/device"
	"parley/views"
	"parley/views/kept"
)

// Devices implements views.Actions.
func (c *controller) Devices(context.Context) (views.Devices, error) {
	d := c.media.Devices()
	c.mu.Lock()
	demo := c.options.Demo || c.inDemo()
	c.mu.Unlock()
	if demo && len(d.Cameras) == 0 {
		d.Cameras = []views.Device{{ID: demoCamera, Default: true}}
	}
	return d, nil
}

// demoCamera stands in for a camera in the demo's room.
const demoCamera = "pattern"

// WatchDevices implements views.Actions.
func (c *controller) WatchDevices(changed func()) (cancel func()) {
	if c.media.Plugs == nil {
		return func() {}
	}
	return c.media.Plugs(changed)
}

// toldOf tells what a device that is followed did by itself.
func (c *controller) toldOf(gone, instead, back views.ToldWhat) func(device.FollowEvent) {
	return func(e device.FollowEvent) {
		switch {
		case e.Gone == "":
			c.tell(back, e.Uses, "")
		case e.Uses == "":
			c.tell(gone, e.Gone, "")
		default:
			c.tell(instead, e.Gone, e.Uses)
		}
	}
}

// speakerChanged tells when the wanted speaker went or came back; device is what plays now, "" is nothing.
func (c *controller) speakerChanged(device string) {
	wanted := c.store.Settings().Speaker
	c.mu.Lock()
	away := c.speakerAway
	c.speakerAway = wanted != "" && wanted != kept.NoDevice && device != wanted
	now := c.speakerAway
	c.mu.Unlock()
	switch {
	case now && !away:
		c.tell(views.ToldSpeakerGone, wanted, "")
	case away && !now && device == wanted:
		c.tell(views.ToldSpeakerBack, wanted, "")
	}
}

// lookForSpeaker has the wanted speaker taken back, or given up; from any goroutine.
func (c *controller) lookForSpeaker() {
	if link, err := c.current(); err == nil && link.LookForSpeaker != nil {
		link.LookForSpeaker()
	}
}

// applyDevices has a link take the devices and volumes that are set now, in a call, too. They may have been changed while it
// was made.
func (c *controller) applyDevices() {
	c.applying.Lock()
	defer c.applying.Unlock()
	c.mu.Lock()
	link, applied := c.link, c.applied
	now := c.store.Settings().Devices
	c.applied = now
	c.mu.Unlock()
	c.useDevices(link, applied, now)
}

// useDevices tells a link what has changed.
func (c *controller) useDevices(link *Link, before, now kept.Devices) {
	if link == nil {
		return
	}
	if link.SetSpeaker != nil && speakerOf(before) != speakerOf(now) {
		link.SetSpeaker(speakerOf(now))
	}
	if link.SetVolume != nil && volumeOf(before) != volumeOf(now) {
		link.SetVolume(volumeOf(now))
	}
}

func (c *controller) cameraOptions(s kept.Settings, on bool) CameraOptions {
	return CameraOptions{On: on, Height: s.Video.Height,
		Lost: func(err error) { c.lost(views.TroubleCamera, err) },
		Told: c.toldOf(views.ToldCameraGone, views.ToldCameraInstead, views.ToldCameraBack)}
}

func (c *controller) microphoneOptions() MicrophoneOptions {
	return MicrophoneOptions{
		Lost: func(err error) { c.lost(views.TroubleMicrophone, err) },
		Told: c.toldOf(views.ToldMicrophoneGone, views.ToldMicrophoneInstead, views.ToldMicrophoneBack)}
}

// switchDevices puts newly chosen devices behind the tracks of a call that goes on. "None" counts from the next call on:
// in this one the camera and the microphone are switched off by their buttons.
func (c *controller) switchDevices(before, now kept.Settings) error {
	c.mu.Lock()
	stream := c.stream
	c.mu.Unlock()
	var camera, microphone error
	if stream.Video != nil && before.Camera != now.Camera && now.Camera != kept.NoDevice && c.media.SwitchCamera != nil {
		camera = c.media.SwitchCamera(stream.Video, now.Camera, c.cameraOptions(now, true))
	}
	if stream.Audio != nil && before.Microphone != now.Microphone && now.Microphone != kept.NoDevice && c.media.SwitchMicrophone != nil {
		microphone = c.media.SwitchMicrophone(stream.Audio, now.Microphone, c.microphoneOptions())
	}
	// The old complaint goes before the new device is tried: that may fail, too.
	c.mended(views.TroubleCamera, before.Camera != now.Camera && camera == nil)
	c.mended(views.TroubleMicrophone, before.Microphone != now.Microphone && microphone == nil)
	c.choose(stream.Video == nil && before.Camera != now.Camera, stream.Audio == nil && before.Microphone != now.Microphone)
	return errors.Join(camera, microphone)
}

// choose has a call that began without a camera or a microphone given what was chosen now, as what is plugged in: ready, and
// off. A choice stands until takeUp has tried it, whatever else is changed meanwhile.
func (c *controller) choose(camera, microphone bool) {
	if !camera && !microphone {
		return
	}
	c.mu.Lock()
	c.chose.camera = c.chose.camera || camera
	c.chose.microphone = c.chose.microphone || microphone
	c.mu.Unlock()
	c.devicesChanged()
}

// mended takes the trouble with a device away that another one stands in for now.
func (c *controller) mended(device views.TroubleDevice, mended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if mended && c.trouble.Device == device {
		c.trouble = views.Trouble{}
	}
}

// speakerOf is the speaker to open. None is the system's at volume 0: it can be switched back at once.
func speakerOf(d kept.Devices) string {
	if d.Speaker == kept.NoDevice {
		return ""
	}
	return d.Speaker
}

func volumeOf(d kept.Devices) int {
	if d.Speaker == kept.NoDevice {
		return 0
	}
	return d.SpeakerVolume
}

// MicrophoneLevel implements views.Actions.
func (c *controller) MicrophoneLevel() float64 {
	c.mu.Lock()
	microphone := c.stream.Audio
	c.mu.Unlock()
	if meter, ok := microphone.(interface{ Level() float64 }); ok {
		return meter.Level()
	}
	return 0
}

// TestSound implements views.Actions.
func (c *controller) TestSound(ctx context.Context, speaker string, volume int) error {
	if c.media.Play == nil {
		return nil
	}
	sound := newChime()
	stop := c.media.Play(speaker, volume, sound)
	defer stop()
	select {
	case <-sound.over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Preview implements views.Actions. Both devices are given back by Close, at the latest when a call needs them or the window
// ends.
func (c *controller) Preview(_ context.Context, camera, microphone string) *views.Preview {
	s := c.settings()
	p := &views.Preview{}
	var tracks []rtc.LocalTrack
	if camera != views.NoDevice {
		track, err := c.camera(camera, CameraOptions{On: true, Height: s.Video.Height}) // as in the call
		p.CameraErr = err
		if err == nil && track != nil {
			p.Camera = track
			tracks = append(tracks, track)
		}
	}
	if microphone != views.NoDevice {
		track, err := c.media.Microphone(microphone, MicrophoneOptions{Raw: true})
		p.MicrophoneErr = err
		if err == nil && track != nil {
			if meter, ok := track.(interface{ Level() float64 }); ok {
				p.Level = meter.Level
			}
			tracks = append(tracks, track)
		}
	}
	closed := make(chan struct{})
	p.Close = sync.OnceFunc(func() {
		release(tracks)
		c.mu.Lock()
		delete(c.previews, p)
		c.mu.Unlock()
		close(closed)
	})
	c.mu.Lock()
	c.previews[p] = true
	late := c.dialing
	c.mu.Unlock()
	if late {
		p.Close()
	}
	c.later(func(ctx context.Context) {
		select {
		case <-ctx.Done():
			p.Close()
		case <-closed:
		}
	})
	return p
}

// closePreviews gives the devices back that are only looked at: a camera opens once, and a call that rings may be taken
// while a person looks.
func (c *controller) closePreviews() {
	c.mu.Lock()
	open := slices.Collect(maps.Keys(c.previews))
	c.mu.Unlock()
	for _, p := range open {
		p.Close()
	}
}

// release stops tracks and waits until their devices are free.
func release(tracks []rtc.LocalTrack) {
	for _, t := range tracks {
		t.Stop()
		if held, ok := t.(interface{ Released() <-chan struct{} }); ok {
			<-held.Released()
		}
	}
}
