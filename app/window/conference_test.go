package window

import (
	"slices"
	"testing"

	"parley/connector"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/views"
)

func TestWhatTheModeratorDoes(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	tell := func(name string, data any) { r.connector.tell(connector.Event{Name: name, Data: data}) }
	tell("api:admin:start-mic", nil)
	if !r.Model().Conference.AskedMicrophone {
		t.Error("asked for the microphone")
	}
	if err := r.RefuseMicrophone(t.Context()); err != nil || !slices.Contains(r.connector.asked, "refuse microphone") ||
		r.Model().Conference.AskedMicrophone {
		t.Errorf("refusing: %v, asked %v", err, r.connector.asked)
	}
	tell("api:admin:start-main-cam", nil)
	if err := r.SetCamera(t.Context(), true); err != nil || r.Model().Conference.AskedCamera {
		t.Errorf("accepting: %v, %+v", err, r.Model().Conference)
	}
	for i, c := range []struct {
		event string
		data  any
		want  views.News
	}{
		{"api:participation:accepting-word-request", nil, views.NewsWordGiven},
		{"api:participation:cancelling-word-request", nil, views.NewsWordCancelled},
		{"api:participant:move-request-to-spectators", nil, views.NewsSpectator},
		{"api:participant:move-request-to-participants", nil, views.NewsParticipant},
		{"api:presentation:must-stop", nil, views.NewsPresentationStop},
		{"api:use-license", "AUDIO", views.NewsLicenseAudio},
		{"api:webcast:started", nil, views.NewsWebcastStarted},
		{"api:participant:move-request-to-stream", nil, views.NewsStream},
	} {
		tell(c.event, c.data)
		if got := r.Model().Conference; got.News != c.want || got.NewsNo != i+1 {
			t.Errorf("%s: %+v", c.event, got)
		}
	}
	if got := r.Model().Conference; !got.Webcast || !got.OnStream {
		t.Errorf("webcast: %+v", got)
	}
	before := r.Model().Conference.NewsNo
	tell("api:use-license", "AUDIO") // as it was
	tell("api:use-license", "SOMETHING")
	tell("api:use-license", 7)
	if got := r.Model().Conference.NewsNo; got != before {
		t.Errorf("%d news of nothing new", got-before)
	}
	tell("call:ended", nil)
	if got := r.Model().Conference; got != (views.Conference{}) {
		t.Errorf("after the call: %+v", got)
	}
}

func TestAModeratorWhoAsksForWhatIsNotThereIsRefused(t *testing.T) {
	r := newRig(t)
	r.media.Microphone = func(string, MicrophoneOptions) (rtc.LocalTrack, error) { return nil, nil }
	r.media.Camera = func(string, CameraOptions) (rtc.LocalTrack, error) { return nil, nil }
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	for i, c := range []struct {
		event, refusal string
		want           views.News
	}{
		{"api:admin:start-mic", "refuse microphone", views.NewsNoMicrophone},
		{"api:admin:start-main-cam", "refuse camera", views.NewsNoCamera},
	} {
		r.connector.tell(connector.Event{Name: c.event})
		r.background.Wait()
		got := r.Model().Conference
		if got.News != c.want || got.NewsNo != i+1 || got.AskedMicrophone || got.AskedCamera {
			t.Errorf("%s: %+v", c.event, got)
		}
		if !slices.Contains(r.connector.asked, c.refusal) {
			t.Errorf("%s: asked %v", c.event, r.connector.asked)
		}
	}
}
