package views_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"parley/connector/redial"
	"parley/connector/session"
	"parley/views"
)

func TestMutedByModeratorIsToldApart(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Media.MicrophoneOn = false
	s.root.Set(m)
	s.says("Unmute")
	s.silent("moderator")
	m.Snapshot.Media.MicrophoneMutedByServer = true
	s.root.Set(m)
	s.says("Muted by moderator", "The moderator has switched your microphone off")
	m.Snapshot.Media.HasMicrophone = false
	s.root.Set(m)
	s.says("No microphone")
	s.tap("No microphone")
	s.none()
}

func TestSpectatorIsTold(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.CallSession.Role = session.Spectator
	s.root.Set(m)
	s.says("You are watching")
}

func TestTheModeratorAsksAndIsAnswered(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Media.MicrophoneOn, m.Snapshot.Media.CameraOn = false, false
	m.Conference.AskedMicrophone, m.Conference.AskedCamera = true, true
	s.root.Set(m)
	s.says("The moderator asks you to switch your microphone on", "Refuse")
	s.tap("Switch on")
	c := s.next("microphone")
	if c.args[0] != true {
		t.Errorf("microphone %v", c.args)
	}
	s.finish(c, nil)
	m.Conference.AskedMicrophone = false
	s.root.Set(m)
	s.says("The moderator asks you to switch your camera on")
	s.tap("Refuse")
	s.finish(s.next("refuse camera"), errors.New("no way"))
	s.says("Could not switch the camera", "no way")
}

func TestNewsOfTheConferenceIsToldOnceAndGoes(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	m.Conference.News, m.Conference.NewsNo = views.NewsWordGiven, 1
	s.root.Set(m)
	s.says("You were given the word")
	s.advance(10 * time.Second)
	s.silent("You were given the word")
	s.root.Set(m)
	s.silent("You were given the word")
	m.Conference.NewsNo = 2
	s.root.Set(m)
	s.says("You were given the word")
}

func TestPeopleSayOwnRoleAndWhoSwitchedWhatOff(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	s.root.Set(m)
	s.tap("People")
	s.says("You are a participant", m.Account.Name, "Microphone on · camera on", "The server does not tell who else is here")
	m.Snapshot.Media.MicrophoneOn, m.Snapshot.Media.MicrophoneMutedByServer = false, true
	m.Snapshot.Media.CameraOn = false
	m.Snapshot.CallSession.Role, m.Snapshot.CallSession.License = session.SpectatorSynthetic, "AUDIO"
	m.Conference.Webcast = true
	s.root.Set(m)
	s.says("You are a spectator by request", "Microphone switched off by the moderator · camera off",
		"This conference is being broadcast", "licence allows sound only")
	s.key(fyne.KeyEscape)
	s.silent("spectator by request")
}

// A codec that does not open: what is missing, of whom, and what to do, until it is closed; once.
func TestACodecThatDoesNotOpenIsTold(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Call.Room = "2001"
	s.root.Set(m)
	for i, c := range []struct {
		what views.ToldWhat
		says string
		todo string
	}{
		{views.ToldNotSeen, "Room 2001: the picture cannot be shown", "in the settings"},
		{views.ToldShareNotSeen, "Room 2001: what is shared cannot be shown", "in the settings"},
		{views.ToldNobodySees, "Room 2001: the others do not see you", "in the settings"},
		{views.ToldNobodySeesShare, "Room 2001: the others do not see what you share", "in the settings"},
		{views.ToldNotHeard, "Room 2001: the sound cannot be played", "Start Parley again"},
		{views.ToldNobodyHears, "Room 2001: the others do not hear you", "Start Parley again"},
	} {
		m.Lasting = []views.Told{{Number: i + 1, What: c.what, Codec: "vp9"}}
		s.root.Set(m)
		s.says(c.says, "The codec VP9 does not start", c.todo)
		s.advance(time.Minute)
		s.says(c.says)
		s.tap("Close")
		s.silent(c.says)
		s.root.Set(m)
		s.silent(c.says)
	}
}

// What wants an answer, and a hold, are not hidden by a codec that did not open.
func TestACodecThatDoesNotOpenHidesNoQuestion(t *testing.T) {
	const codec = "the sound cannot be played"
	s := newStage(t)
	m := s.sample("call")
	m.Lasting = []views.Told{{Number: 1, What: views.ToldNotHeard, Codec: "opus"}}
	s.root.Set(m)
	s.says(codec)
	for name, change := range map[string]func(*views.Model){
		"a moderator asks":   func(m *views.Model) { m.Conference.AskedMicrophone, m.Snapshot.Media.MicrophoneOn = true, false },
		"a device fails":     func(m *views.Model) { m.Trouble = views.Trouble{Device: views.TroubleCamera} },
		"on hold by oneself": func(m *views.Model) { m.Snapshot.Call.OnHold = true },
		"on hold by others":  func(m *views.Model) { m.Snapshot.Call.Held = true },
		"speaking muted": func(m *views.Model) {
			m.MutedSpeech, m.Snapshot.Media.MicrophoneOn = true, false
		},
	} {
		now := m
		change(&now)
		s.root.Set(now)
		if strings.Contains(s.words(), codec) {
			t.Errorf("%s: the codec hides it", name)
		}
		s.root.Set(m)
		s.says(codec)
	}
}

// Two codecs that fail at once, and a passing notice with them, in one model: each is read, and both last until closed.
func TestTwoCodecsThatDoNotOpenAreBothTold(t *testing.T) {
	s := newStage(t)
	m := s.sample("call")
	m.Snapshot.Call.Room = "2001"
	m.Lasting = []views.Told{{Number: 1, What: views.ToldNobodySees, Codec: "vp9"}, {Number: 2, What: views.ToldNotHeard, Codec: "opus"}}
	m.Told = views.Told{Number: 3, What: views.ToldCameraBack, Name: "Webcam"}
	s.root.Set(m)
	s.says("“Webcam” is in use again")
	s.advance(time.Minute)
	s.silent("“Webcam” is in use again")
	s.says("the others do not see you", "The codec VP9 does not start")
	s.root.Rebuild() // another language, say
	s.says("the others do not see you")
	s.tap("Close")
	s.silent("the others do not see you")
	s.says("the sound cannot be played", "The codec OPUS does not start")
	restored := m
	restored.Snapshot.Redial.State = redial.Backoff
	s.root.Set(restored)
	s.silent("the sound cannot be played")
	s.root.Set(m)
	s.says("the sound cannot be played")
	s.tap("Close")
	s.silent("the sound cannot be played")
	s.root.Set(m)
	s.silent("the others do not see you")
	s.silent("the sound cannot be played")
}
