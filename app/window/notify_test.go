package window

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/session"
	"parley/views"
	"parley/views/text"
)

func TestCallsAreToldOfOnce(t *testing.T) {
	text.Use("en")
	t.Cleanup(func() { text.Use(text.System) })
	var told []string
	n := &notifier{send: func(n note) { told = append(told, fmt.Sprint(n.title, ": ", n.content, " ", n.rings)) }}
	at := time.Unix(1000, 0)
	idle := views.Model{Snapshot: session.Initial(), Recent: []views.Recent{{Number: "old", Incoming: true, Begun: at}}}
	rings := idle
	rings.Snapshot.Incoming = session.Incoming{State: incoming.Ringing, DisplayName: "Eve <b>", Number: "1002"}
	missed := idle
	missed.Recent = append([]views.Recent{{Number: "1002", Incoming: true, Begun: at.Add(time.Minute)}}, idle.Recent...)
	answered := idle
	answered.Recent = append([]views.Recent{{Number: "1003", Incoming: true, Answered: true, Begun: at.Add(time.Hour)}}, missed.Recent...)
	for _, m := range []views.Model{idle, idle, rings, rings, missed, missed, answered} {
		n.set(m)
	}
	want := []string{"Incoming call: Eve &lt;b&gt; 1002 true", ":  true", "Missed call: 1002 false"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestCallersLines(t *testing.T) {
	for _, c := range []struct{ name, number, want string }{
		{"", "", text.T("notify.unknown")}, {"1002", "1002", "1002"}, {"Eve\r\n\tX", "1", "Eve X 1"},
	} {
		if got := caller(c.name, c.number); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.name, c.number, got, c.want)
		}
	}
	if got := caller(longName, "1"); len([]rune(got)) != maxCaller+1 {
		t.Errorf("%d characters", len([]rune(got)))
	}
}

var longName = func() (s string) {
	for range 50 {
		s += "имя "
	}
	return s
}()

func TestTrayWords(t *testing.T) {
	text.Use("en")
	t.Cleanup(func() { text.Use(text.System) })
	m := views.Model{Snapshot: session.Initial(), Status: session.StatusReadyToCall}
	if w := wordsOfTray(m); w.status != "Ready to call" || w.mute != "" || w.hangUp != "" || w.show == "" || w.quit == "" {
		t.Errorf("got %+v", w)
	}
	m.Snapshot.Call.State = "call:inRoom"
	m.Snapshot.Media = session.Media{HasMicrophone: true, MicrophoneOn: true}
	if w := wordsOfTray(m); w.mute != "Mute" || w.hangUp != "Leave" {
		t.Errorf("got %+v", w)
	}
	if w := wordsOfTray(m); w.stopShare != "" {
		t.Errorf("nothing is shared: %+v", w)
	}
	m.Snapshot.Presentation = presentation.Active
	if w := wordsOfTray(m); w.stopShare != "Stop sharing" {
		t.Errorf("got %+v", w)
	}
	m.Snapshot.Media.MicrophoneOn = false
	if w := wordsOfTray(m); w.mute != "Unmute" {
		t.Errorf("got %+v", w)
	}
}
