package window

import (
	"errors"
	"slices"
	"testing"

	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/device"
	"parley/views"
)

// bare is a rig in a call that began on a computer without camera and microphone; plug connects both.
func bare(t *testing.T) (r *rig, plug func()) {
	t.Helper()
	r = newRig(t)
	r.signIn(t)
	m := &r.controller.media
	camera, microphone := m.Camera, m.Microphone
	m.Camera = func(string, CameraOptions) (rtc.LocalTrack, error) { return nil, device.ErrNotFound }
	m.Microphone = func(string, MicrophoneOptions) (rtc.LocalTrack, error) { return nil, device.ErrUnavailable }
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	s := session.Initial()
	s.Call.State = call.InRoom
	r.connector.watch(s)
	return r, func() {
		m.Camera, m.Microphone = camera, microphone
		m.Devices = func() views.Devices {
			return views.Devices{Cameras: []views.Device{{ID: "a", Name: "Webcam", Default: true}},
				Microphones: []views.Device{{ID: "b", Name: "Headset", Default: true}}}
		}
	}
}

// lookedAt tells of a change of the devices and waits until it was looked at.
func (r *rig) lookedAt() {
	r.devicesChanged()
	r.controller.background.Wait()
}

func TestDevicesConnectedInACallWithoutAreTakenUp(t *testing.T) {
	r, plug := bare(t)
	r.lookedAt() // something else was plugged in
	if slices.Contains(r.connector.asked, "replace stream on") {
		t.Fatal("there was nothing to take up")
	}
	plug()
	r.lookedAt()
	if r.connector.replaced.Video != rtc.LocalTrack(r.camera) || r.connector.replaced.Audio != rtc.LocalTrack(r.microphone) {
		t.Fatalf("sent: %+v", r.connector.replaced)
	}
	if r.cameraOptions.On || r.microphone.Enabled() {
		t.Error("a plug was put in, and a person is seen or heard")
	}
	if told := r.Model().Told; told.What != views.ToldMicrophoneNew || told.Name != "Headset" || told.Number != 2 {
		t.Errorf("told %+v", told)
	}
	r.microphone.speaking(true)
	if !r.Model().MutedSpeech {
		t.Error("speaking while it is off is not noticed")
	}
	asked := len(r.connector.asked)
	r.lookedAt() // they are in use: nothing more to do
	if len(r.connector.asked) != asked {
		t.Errorf("asked %v", r.connector.asked[asked:])
	}
}

func TestADeviceThatCannotBeTakenUpIsGivenBack(t *testing.T) {
	r, plug := bare(t)
	plug()
	r.connector.answer["replace stream on"] = errors.New("the call is over")
	r.lookedAt()
	if r.camera.stops() != 1 || r.microphone.stops() != 1 {
		t.Errorf("stopped %d and %d times", r.camera.stops(), r.microphone.stops())
	}
	if told := r.Model().Told; told.Number != 0 {
		t.Errorf("told %+v", told)
	}
}

func TestNothingIsTakenUpOutsideOfACallOrAgainstAWish(t *testing.T) {
	r, plug := bare(t)
	plug()
	choose := func(device string) {
		t.Helper()
		if err := r.Change(t.Context(), func(s *views.Settings) { s.Camera, s.Microphone = device, device }); err != nil {
			t.Fatal(err)
		}
	}
	choose(views.NoDevice)
	r.lookedAt()
	r.connector.watch(session.Initial())
	choose("")
	r.lookedAt()
	if slices.Contains(r.connector.asked, "replace stream on") {
		t.Errorf("asked %v", r.connector.asked)
	}
}
