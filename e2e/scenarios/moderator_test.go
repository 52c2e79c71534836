package scenarios

import (
	"testing"

	"parley/connector/session"
)

// A moderator switches somebody's microphone and camera off by force: they are off at once, and his user and the server know;
// asked to switch them on again he does, and not before.
func TestModeratorMutes(t *testing.T) {
	s := newStage(t, nil)
	a := s.newParty(ann, options{})
	a.joins(hall)
	for _, device := range []struct {
		name, off, on, told string
		forced              func(session.Snapshot) bool
		is                  func(session.Snapshot) bool
		listed              func() (on, forced bool)
		turn                func(on bool) error
	}{
		{"microphone", "mute ann forced", "unmute ann", "api:admin:stop-mic",
			func(n session.Snapshot) bool { return n.Media.MicrophoneMutedByServer },
			func(n session.Snapshot) bool { return n.Media.MicrophoneOn },
			func() (bool, bool) { p := s.participant(ann).State; return p.Microphone, p.MicForced },
			func(on bool) error { return a.SetMicrophone(a.ctx, on) }},
		{"camera", "camera-off ann forced", "camera-on ann", "api:admin:stop-main-cam",
			func(n session.Snapshot) bool { return n.Media.CameraMutedByServer },
			func(n session.Snapshot) bool { return n.Media.CameraOn },
			func() (bool, bool) { p := s.participant(ann).State; return p.Camera, p.CamForced },
			func(on bool) error { return a.SetCamera(a.ctx, on) }},
	} {
		mark, server := a.log.mark(), s.log.mark()
		s.tell(device.off)
		a.expects(mark, device.told, "call:muted")
		a.until("muted by the server", func(n session.Snapshot) bool { return device.forced(n) && !device.is(n) })
		s.until(server, "media-state", of(ann))
		if on, forced := device.listed(); on || !forced {
			t.Errorf("%s: the server lists on %t, forced %t", device.name, on, forced)
		}

		mark, server = a.log.mark(), s.log.mark()
		s.tell(device.on) // asks him to switch on again: he accepts
		a.expects(mark, map[string]string{"microphone": "api:admin:start-mic", "camera": "api:admin:start-main-cam"}[device.name])
		a.until("released", func(n session.Snapshot) bool { return !device.forced(n) })
		if device.is(a.Snapshot()) {
			t.Errorf("%s: it went on without its user", device.name)
		}
		a.must(device.turn(true))
		a.expects(mark, "call:unmuted")
		s.until(server, "media-state", of(ann))
		if on, forced := device.listed(); !on || forced {
			t.Errorf("%s: the server lists on %t, forced %t", device.name, on, forced)
		}
	}
}

// Asked to switch microphone and camera on, he refuses: the server is told which, nothing is switched, the call goes on.
func TestModeratorAsksAndIsRefused(t *testing.T) {
	s := newStage(t, nil)
	a, b := s.newParty(ann, options{}), s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.must(a.SetMicrophone(a.ctx, false))
	a.must(a.SetCamera(a.ctx, false))
	s.until(0, "media-state", func(d map[string]any) bool { return d["microphone"] == false && d["camera"] == false })

	mark, server := a.log.mark(), s.log.mark()
	s.tell("unmute ann")
	a.expects(mark, "api:admin:start-mic")
	a.must(a.RefuseMicrophone(a.ctx))
	s.until(server, "refusal", func(d map[string]any) bool { return d["media"] == "0" })
	s.tell("camera-on ann")
	a.expects(mark, "api:admin:start-main-cam")
	a.must(a.RefuseCamera(a.ctx))
	s.until(server, "refusal", func(d map[string]any) bool { return d["media"] == "1" })
	if now := a.Snapshot(); now.Media.MicrophoneOn || now.Media.CameraOn || !inRoom(now) {
		t.Errorf("after the refusals: %+v", now.Media)
	}
	a.sees(benColour)

	// Forced off by a moderator, the wish for the camera is declined; allowed again, it is granted.
	s.tell("camera-off ann forced")
	a.expects(mark, "api:admin:stop-main-cam")
	if err := a.AskForCamera(a.ctx); err == nil {
		t.Error("the camera was granted although a moderator switched it off")
	}
	s.tell("camera-on ann")
	a.must(a.AskForCamera(a.ctx))
	a.must(a.SetCamera(a.ctx, true))
	b.sees(annColour)
}
