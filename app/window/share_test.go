package window

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/connector/call"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/device"
	"parley/views"
)

// presents is a rig in a call that shares something.
func presents(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.signIn(t)
	if err := r.ShareScreen(t.Context(), views.Share{Source: "window:0x1", Name: "Report"}); err != nil {
		t.Fatal(err)
	}
	s := session.Initial()
	s.Call.State, s.Presentation = call.InRoom, presentation.Active
	r.connector.watch(s)
	return r
}

func TestSwitchingTheSourceDoesNotStopSharing(t *testing.T) {
	r := presents(t)
	first := r.screen
	if name := r.Model().Sharing; name != "Report" {
		t.Errorf("shares %q", name)
	}
	next := &fakeTrack{kind: rtc.Video}
	r.screen = next
	if err := r.ShareScreen(t.Context(), views.Share{Source: "window:0x2", Motion: true}); err != nil {
		t.Fatal(err)
	}
	// The connector stops the track that was shared; we must not, it would be twice.
	if first.stops() != 0 || next.stops() != 0 || slices.Contains(r.connector.asked, "stop presentation") ||
		!slices.Contains(r.connector.asked, "replace presentation motion") {
		t.Errorf("asked %v", r.connector.asked)
	}
	// Refused: what is shared goes on, what was opened for it is closed.
	r.connector.answer["replace presentation detail"] = errors.New("603")
	refused := &fakeTrack{kind: rtc.Video}
	r.screen = refused
	if err := r.ShareScreen(t.Context(), views.Share{}); err == nil {
		t.Error("no error")
	}
	if refused.stops() != 1 || next.stops() != 0 {
		t.Errorf("refused stopped %d times, shared %d times", refused.stops(), next.stops())
	}
	// It ended the moment before: the new source starts anew.
	r.connector.answer["replace presentation detail"] = fmt.Errorf("update: %w", presentation.ErrNone)
	again := &fakeTrack{kind: rtc.Video}
	r.screen = again
	if err := r.ShareScreen(t.Context(), views.Share{}); err != nil || again.stops() != 0 {
		t.Errorf("%v, stopped %d times", err, again.stops())
	}
}

func TestAClosedWindowIsToldAndTheCallGoesOn(t *testing.T) {
	r := presents(t)
	closed := r.lost
	closed(fmt.Errorf("screen: %w", device.ErrClosed))
	if told := r.Model().Told; told.What != views.ToldShareClosed || told.Name != "Report" || told.Number != 1 {
		t.Errorf("told %+v", told)
	}
	if slices.Contains(r.connector.asked, "hang up") {
		t.Error("the call was ended")
	}
	if err := r.StopSharing(t.Context()); err != nil {
		t.Fatal(err)
	}
	closed(device.ErrUnavailable) // of what is not shared any more: nobody's business
	if told := r.Model().Told; told.Number != 1 {
		t.Errorf("told %+v", told)
	}
}

func TestAMinimisedWindowIsTold(t *testing.T) {
	r := presents(t)
	paused := r.paused
	paused(true)
	if told := r.Model().Told; told.What != views.ToldSharePaused || told.Name != "Report" {
		t.Errorf("told %+v", told)
	}
	paused(false)
	if told := r.Model().Told; told.What != views.ToldShareResumed || told.Number != 2 {
		t.Errorf("told %+v", told)
	}
	if err := r.StopSharing(t.Context()); err != nil {
		t.Fatal(err)
	}
	paused(true) // of what is not shared any more
	if told := r.Model().Told; told.Number != 2 {
		t.Errorf("told %+v", told)
	}
}

// A window may be minimised before the presentation has begun.
func TestAWindowThatIsMinimisedFromTheBeginningIsTold(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	screen := r.controller.media.Screen
	r.controller.media.Screen = func(s views.Share, o ScreenOptions) (rtc.LocalTrack, error) {
		o.Paused(true)
		return screen(s, o)
	}
	if err := r.ShareScreen(t.Context(), views.Share{Source: "window:0x1", Name: "Report"}); err != nil {
		t.Fatal(err)
	}
	if told := r.Model().Told; told.What != views.ToldSharePaused || told.Name != "Report" {
		t.Errorf("told %+v", told)
	}
}
