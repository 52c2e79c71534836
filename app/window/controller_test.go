package window

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/connector/call"
	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/device"
	"parley/views"
	"parley/views/kept"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) // Fyne's packages start goroutines of their own
}

func TestSignInKeepsServerAndAccountButNoPassword(t *testing.T) {
	r := newRig(t)
	if m := r.Model(); m.SignedIn {
		t.Fatal("signed in before the beginning")
	}
	r.signIn(t)
	m := r.Model()
	if !m.SignedIn || m.Account.Name != "Ann" || m.Account.Server != "meet.test" {
		t.Errorf("account %+v", m.Account)
	}
	if !slices.Equal(m.Servers, []string{"meet.test"}) || m.Remembered.Name != "Ann" || m.Remembered.Password != "" {
		t.Errorf("remembered %+v, servers %v", m.Remembered, m.Servers)
	}
	if err := r.Disconnect(t.Context()); err != nil || r.Model().SignedIn || !r.connector.closed {
		t.Errorf("after signing out: %v, %+v, closed %t", err, r.Model().Account, r.connector.closed)
	}
}

func TestFailedSignInClosesWhatItOpened(t *testing.T) {
	r := newRig(t)
	r.connector.answer["connect"] = device.ErrUnavailable
	err := r.Connect(t.Context(), views.SignIn{Server: "meet.test"})
	if !errors.Is(err, device.ErrUnavailable) || r.Model().SignedIn || !r.connector.closed {
		t.Errorf("error %v, signed in %t, closed %t", err, r.Model().SignedIn, r.connector.closed)
	}
}

func TestActionsWithoutAServerFail(t *testing.T) {
	r := newRig(t)
	for name, err := range map[string]error{
		"dial": r.Dial(t.Context(), "1", true), "hang up": r.HangUp(t.Context()), "accept": r.Accept(t.Context(), true),
		"decline": r.Decline(t.Context()), "microphone": r.SetMicrophone(t.Context(), true),
		"camera": r.SetCamera(t.Context(), true), "tones": r.SendDTMF(t.Context(), "1"),
		"share": r.ShareScreen(t.Context(), views.Share{}), "stop": r.StopSharing(t.Context()),
	} {
		if !errors.Is(err, errNotConnected) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCallGivesDevicesBackWhenItIsOver(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	if r.connector.call.Stream.Video != rtc.LocalTrack(r.camera) || !r.cameraOptions.On {
		t.Error("the call goes without the camera")
	}
	r.state(call.Connecting)
	r.state(call.InRoom)
	if r.camera.stops() != 0 {
		t.Fatal("devices stopped in the call")
	}
	r.state(call.Idle)
	if r.camera.stops() != 1 || r.microphone.stops() != 1 {
		t.Errorf("camera stopped %d times, microphone %d", r.camera.stops(), r.microphone.stops())
	}
	calls := r.Model().Recent
	if len(calls) != 1 || calls[0].Number != "2001" || !calls[0].Answered || calls[0].Incoming {
		t.Errorf("history %+v", calls)
	}
}

func TestFailedCallGivesDevicesBack(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.connector.answer["call 9999"] = errors.New("nobody")
	if err := r.Dial(t.Context(), "9999", false); err == nil || r.camera.stops() != 1 {
		t.Errorf("error %v, camera stopped %d times", err, r.camera.stops())
	}
	if r.cameraOptions.On {
		t.Error("an audio call switches the camera on")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Dial(ctx, "2001", true); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
	if slices.Contains(r.connector.asked, "call 2001") {
		t.Error("a cancelled call was placed")
	}
}

func TestSharingStopsTheScreenAtTheEnd(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.connector.answer["start presentation"] = errors.New("603")
	if err := r.ShareScreen(t.Context(), views.Share{}); err == nil || r.screen.stops() != 1 {
		t.Errorf("refused: %v, stopped %d times", err, r.screen.stops())
	}
	delete(r.connector.answer, "start presentation")
	if err := r.ShareScreen(t.Context(), views.Share{}); err != nil {
		t.Fatal(err)
	}
	s := session.Initial()
	s.Call.State, s.Presentation = call.InRoom, presentation.Active
	r.connector.watch(s)
	s.Presentation = presentation.Idle // the server has stopped it
	r.connector.watch(s)
	if r.screen.stops() != 2 {
		t.Errorf("stopped %d times", r.screen.stops())
	}
	r.controller.media.Screen = func(views.Share, ScreenOptions) (rtc.LocalTrack, error) { return nil, nil }
	if err := r.ShareScreen(t.Context(), views.Share{}); !errors.Is(err, views.ErrNoScreen) {
		t.Errorf("without a screen: %v", err)
	}
}

func TestHangUpOfACallThatIsOverIsNoError(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	r.connector.answer["hang up"] = call.ErrNone
	if err := r.HangUp(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSettingsGoToTheNextCallAndTheStore(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	spoken := ""
	r.controller.link.SetSpeaker = func(device string) { spoken = device }
	edit := func(s *views.Settings) { s.Language, s.Theme, s.Camera, s.Speaker = "ru", "dark", "c2", "s2" }
	if err := r.Change(t.Context(), edit); err != nil {
		t.Fatal(err)
	}
	want := kept.Defaults()
	edit(&want)
	if got := r.Model().Settings; got.Appearance != want.Appearance || got.Devices != want.Devices || spoken != "s2" {
		t.Errorf("settings %+v, speaker %q", got, spoken)
	}
	if err := r.Dial(t.Context(), "2001", true); err != nil || r.cameraWord != "c2" {
		t.Errorf("error %v, camera %q", err, r.cameraWord)
	}
}

func TestHistory(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	var h history
	step := func(seconds int, edit func(*session.Snapshot)) *views.Recent {
		now = now.Add(time.Duration(seconds) * time.Second)
		s := session.Initial()
		edit(&s)
		ended := h.follow(s, now)
		if len(ended) == 0 {
			return nil
		}
		if len(ended) > 1 {
			t.Errorf("%d entries at once: %+v", len(ended), ended)
		}
		return &ended[0]
	}
	ring := func(s *session.Snapshot) {
		s.Incoming = session.Incoming{State: incoming.Ringing, Number: "7", DisplayName: "Seven"}
	}
	step(0, ring)
	step(1, ring)
	if got := step(1, func(s *session.Snapshot) { s.Incoming.State = incoming.Terminated }); got == nil || got.Answered ||
		!got.Incoming || got.Number != "7" {
		t.Errorf("missed call: %+v", got)
	}
	step(1, ring)
	if got := step(1, func(s *session.Snapshot) { s.Incoming.State = incoming.Declined }); got == nil || !got.Declined {
		t.Errorf("declined call: %+v", got)
	}
	step(1, ring)
	answered := func(state call.State) func(*session.Snapshot) {
		return func(s *session.Snapshot) {
			s.Incoming.State = incoming.Consumed
			s.Call = session.Call{State: state, Number: "7", Answer: true}
		}
	}
	step(1, answered(call.Connecting))
	step(1, answered(call.DirectP2PRoom))
	got := step(65, func(*session.Snapshot) {})
	if got == nil || !got.Answered || !got.Incoming || got.Length != 65*time.Second {
		t.Errorf("answered call: %+v", got)
	}
	step(1, func(s *session.Snapshot) { s.Call = session.Call{State: call.Connecting, Number: "9"} })
	if got := step(1, func(*session.Snapshot) {}); got == nil || got.Answered || got.Incoming || got.Number != "9" {
		t.Errorf("failed call: %+v", got)
	}
	if got := step(1, func(*session.Snapshot) {}); got != nil {
		t.Errorf("nothing happened, yet %+v", got)
	}
}

// Accepting a second call ends the running one and begins the next with the same devices: two entries in the history,
// nothing is stopped. A caller who has given up meanwhile costs the running call nothing.
func TestAcceptInACall(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	s := r.controller.snapshot
	s.Incoming = session.Incoming{State: incoming.Ringing, ID: "4", Number: "55"}
	r.connector.watch(s)
	r.connector.now = s

	r.connector.answer["accept"] = incoming.ErrNone
	if err := r.Accept(t.Context(), false); !errors.Is(err, incoming.ErrNone) || r.camera.stops() != 0 || !r.camera.Enabled() {
		t.Errorf("he has given up: %v, camera stopped %d times", err, r.camera.stops())
	}
	delete(r.connector.answer, "accept")
	if err := r.Busy(t.Context()); err != nil || !slices.Contains(r.connector.asked, "decline 4 on") {
		t.Errorf("busy: %v, asked %v", err, r.connector.asked)
	}
	if err := r.Accept(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if p := r.connector.taken; p.ID != "4" || !p.HangUp || p.Stream.Video != r.camera || p.Stream.Audio == nil || r.camera.Enabled() {
		t.Errorf("answered with %+v, camera on %v", p, r.camera.Enabled())
	}
	next := session.Initial()
	next.Call = session.Call{State: call.DirectP2PRoom, Number: "55", Answer: true}
	next.Incoming.State = incoming.Consumed
	r.connector.watch(next)
	r.connector.watch(session.Initial())
	if r.camera.stops() != 1 {
		t.Errorf("the camera was stopped %d times, want once at the end", r.camera.stops())
	}
	var numbers []string
	for _, c := range r.Model().Recent {
		numbers = append(numbers, c.Number)
	}
	if len(numbers) != 2 || !slices.Contains(numbers, "2001") || !slices.Contains(numbers, "55") {
		t.Errorf("history %v", numbers)
	}
}

// With call waiting the next call rings in the place of one that gave up: that one was missed.
func TestHistoryOfCallsThatRingTogether(t *testing.T) {
	var h history
	ring := func(id, number string) session.Snapshot {
		s := session.Initial()
		s.Incoming = session.Incoming{State: incoming.Ringing, ID: id, Number: number}
		return s
	}
	h.follow(ring("1", "71"), time.Time{})
	if got := h.follow(ring("2", "72"), time.Time{}); len(got) != 1 || got[0].Number != "71" || got[0].Declined {
		t.Errorf("the first gave up: %+v", got)
	}
	answered := ring("3", "73")
	answered.Call = session.Call{State: call.Connecting, Number: "72", Answer: true}
	if got := h.follow(answered, time.Time{}); len(got) != 0 {
		t.Errorf("the second was answered: %+v", got)
	}
}

// Who calls back while the call with him is being restored is taken, with the devices that are open already.
func TestAcceptWhileRestoring(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	s := session.Initial()
	s.Redial.State = redial.Backoff
	s.Incoming = session.Incoming{State: incoming.Ringing, ID: "2", Number: "2001"}
	r.connector.watch(s)
	if err := r.Accept(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if p := r.connector.taken; p.ID != "2" || !p.HangUp || p.Stream.Video != r.camera || r.camera.stops() != 0 {
		t.Errorf("answered with %+v, camera stopped %d times", p, r.camera.stops())
	}
}
