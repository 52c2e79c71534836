package views_test

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2/test"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views"
	"parley/views/kept"
	"parley/views/widget"
)

// settingsPage opens a page of the settings, of which some are locked.
func settingsPage(t *testing.T, page string, locks kept.Locks) *stage {
	return openSettings(t, page, func(m *views.Model) { m.Locks = locks })
}

// openTURN opens the page with servers for ICE.
func openTURN(t *testing.T, servers ...kept.ICEServer) *stage {
	return openSettings(t, "Network", func(m *views.Model) { m.Settings.ICEServers = servers })
}

func openSettings(t *testing.T, page string, edit func(*views.Model)) *stage {
	t.Helper()
	s := newStage(t)
	m := s.sample("settings")
	edit(&m)
	s.root.Set(m)
	s.root.OpenSettings()
	s.settle() // the list of devices
	s.settle() // and their preview
	s.tap(page)
	s.settle() // the preview is closed
	return s
}

// changed is what the next change makes of the defaults.
func (s *stage) changed() views.Settings {
	s.t.Helper()
	c := s.next("change")
	s.finish(c, nil)
	return c.args[0].(views.Settings)
}

// tick is the visible switch with these words.
func (s *stage) tick(words string) *widget.Check {
	s.t.Helper()
	var found *widget.Check
	s.walk(func(o fyneObject) bool {
		if c, ok := o.(*widget.Check); ok && c.Text == words {
			found = c
		}
		return found != nil
	})
	if found == nil {
		s.t.Fatalf("no switch %q in:\n%s", words, s.words())
	}
	return found
}

func TestLanguageThemeAndScaleCountAtOnce(t *testing.T) {
	s := settingsPage(t, "Appearance", nil)
	s.choose("As the system", "Русский", 0)
	if got := s.changed().Language; got != "ru" {
		t.Errorf("language %q", got)
	}
	s.choose("As the system", "Dark", 0)
	if got := s.changed().Theme; got != "dark" {
		t.Errorf("theme %q", got)
	}
	s.choose("100 %", "150 %", 0)
	if got := s.changed().Scale; got != 150 {
		t.Errorf("scale %d", got)
	}
	s.root.CloseSettings()
	if s.root.Screen() != views.ScreenHome {
		t.Errorf("screen %q", s.root.Screen())
	}
}

func TestEverySwitchChangesItsOwnSetting(t *testing.T) {
	type get func(views.Settings) bool
	pages := map[string]map[string]get{
		"Sound and joining": {
			"Cancel echo":                               func(s views.Settings) bool { return s.Echo },
			"Suppress noise":                            func(s views.Settings) bool { return s.Noise },
			"Adjust the volume by itself":               func(s views.Settings) bool { return s.Gain },
			"Begin with the microphone off":             func(s views.Settings) bool { return s.Muted },
			"Begin with the camera off":                 func(s views.Settings) bool { return s.CameraOff },
			"Show my picture and devices before a call": func(s views.Settings) bool { return s.Preview },
		},
		"Video": {"Send only what the server asks for": func(s views.Settings) bool { return s.Balancer }},
		"Network": {
			"Connect again by itself":         func(s views.Settings) bool { return s.Reconnect },
			"Restore a call that was cut off": func(s views.Settings) bool { return s.Redial },
		},
		"Start and end": {
			"Start when I sign in to the computer":        func(s views.Settings) bool { return s.WithSystem },
			"Closing the window keeps Parley in the tray": func(s views.Settings) bool { return s.CloseToTray },
		},
	}
	for page, switches := range pages {
		t.Run(page, func(t *testing.T) {
			s := settingsPage(t, page, nil)
			for words, get := range switches {
				before := get(kept.Defaults())
				test.Tap(s.tick(words))
				got := s.changed()
				if get(got) == before {
					t.Errorf("%s changes nothing", words)
				}
				for other, otherGet := range switches {
					if other != words && otherGet(got) != otherGet(kept.Defaults()) {
						t.Errorf("%s changes %s too", words, other)
					}
				}
			}
		})
	}
}

// numbered is the field below a label.
func (s *stage) below(label string) *widget.Field {
	s.t.Helper()
	var found *widget.Field
	seen := false
	s.walk(func(o fyneObject) bool {
		if l, ok := o.(*fynewidget.Label); ok && l.Text == label {
			seen = true
		}
		if f, ok := o.(*widget.Field); ok && seen {
			found = f
		}
		return found != nil
	})
	if found == nil {
		s.t.Fatalf("no field below %q", label)
	}
	return found
}

func TestWrongNumbersAreSaidBesideTheFieldAndNotKept(t *testing.T) {
	s := settingsPage(t, "Video", nil)
	f := s.below("At most for your camera, kbit/s")
	for _, wrong := range []string{"-1", "1.5", "many", "1000000000000000000000", "１２"} {
		f.SetText(wrong)
		s.says("Enter a whole number from 0 to 100000")
		s.none()
	}
	f.SetText("800")
	s.silent("Enter a whole number")
	if got := s.changed().SendLimit; got != 800 {
		t.Errorf("limit %d", got)
	}
	f.SetText("")
	if got := s.changed().SendLimit; got != 0 {
		t.Errorf("an empty field gives %d", got)
	}
}

func TestCodecsAreOrderedAndLeftOutButNotAll(t *testing.T) {
	s := settingsPage(t, "Video", nil)
	s.tapLabelled("Move VP9 up")
	if got := s.changed().PreferredCodecs; !slices.Equal(got, []string{"VP9", "VP8", "H264", "AV1"}) {
		t.Errorf("order %v", got)
	}
	for _, name := range []string{"VP9", "VP8", "H264"} {
		test.Tap(s.tick(name))
		s.changed()
	}
	test.Tap(s.tick("AV1"))
	s.says("One codec has to stay.")
	s.none()
	if !s.tick("AV1").Checked {
		t.Error("the tick of the last codec is gone")
	}
}

func TestProxyAndServersAreCheckedAsTheyAreTyped(t *testing.T) {
	s := settingsPage(t, "Network", nil)
	proxy := s.field("http://proxy.example.com:3128")
	proxy.SetText("proxy")
	s.says("It looks like http://proxy.example.com:3128")
	proxy.SetText("http://proxy.test:8080")
	s.silent("It looks like http://")
	if got := s.changed().Proxy; got != "http://proxy.test:8080" {
		t.Errorf("proxy %q", got)
	}
	s.tap("Add a server")
	url := s.field("turn:turn.example.com:3478")
	url.SetText("http://x")
	s.says("It looks like stun:stun.example.com:3478")
	s.none()
	url.SetText("turn:t.test:3478")
	if got := s.changed().ICEServers; !slices.Equal(got, []kept.ICEServer{{URL: "turn:t.test:3478"}}) {
		t.Errorf("servers %v", got)
	}
	s.field("User").SetText("u")
	if got := s.changed().ICEServers; !slices.Equal(got, []kept.ICEServer{{URL: "turn:t.test:3478", User: "u"}}) {
		t.Errorf("servers %v", got)
	}
	password := s.field("Password")
	password.SetText("secret")
	s.none() // not at every letter
	password.OnSubmitted(password.Text)
	c := s.next("keep credential")
	if !slices.Equal(c.args, []any{"turn:t.test:3478", "u", "secret"}) {
		t.Errorf("keeps %v", c.args)
	}
	s.finish(c, errNoKeyring)
	s.says("this computer has no keyring")
}

// The password of a TURN server is in the keyring by the server's address and user. When they are edited it moves with them,
// once, when the field is left; when the server is removed it goes.
func TestATURNPasswordFollowsItsServer(t *testing.T) {
	s := openTURN(t, kept.ICEServer{URL: "turn:old.test", User: "u"}, kept.ICEServer{URL: "stun:s.test"})
	url := s.fieldThatSays("turn:old.test")
	for _, letters := range []string{"turn:new", "turn:new.test"} {
		url.SetText(letters)
		s.changed()
	}
	s.none() // not at every letter
	url.OnLeave()
	c := s.next("move credential")
	now := kept.ICEServer{URL: "turn:new.test", User: "u"}
	if !slices.Equal(c.args, []any{kept.ICEServer{URL: "turn:old.test", User: "u"}, now}) {
		t.Errorf("moves %v", c.args)
	}
	s.finish(c, errNoKeyring)
	s.says("this computer has no keyring")
	url.OnLeave() // it was not moved, so it is tried again
	s.finish(s.next("move credential"), nil)
	url.OnLeave()
	s.none()

	user := s.fieldThatSays("u")
	user.SetText("v")
	s.changed()
	s.tap("Appearance") // without leaving the field first
	c = s.next("move credential")
	if !slices.Equal(c.args, []any{now, kept.ICEServer{URL: "turn:new.test", User: "v"}}) {
		t.Errorf("moves %v", c.args)
	}
	s.finish(c, nil)

	s.tap("Network")
	s.tapLabelled("Remove this server")
	asked := map[string][]any{} // side by side
	for range 2 {
		c := <-s.actions.calls
		asked[c.name] = c.args
		s.finish(c, nil)
	}
	if got := asked["keep credential"]; !slices.Equal(got, []any{"turn:new.test", "v", ""}) {
		t.Errorf("forgets %v", got)
	}
	if got := asked["change"]; len(got) != 1 || !slices.Equal(got[0].(views.Settings).ICEServers, []kept.ICEServer{{URL: "stun:s.test"}}) {
		t.Errorf("keeps %v", got)
	}
}

// Whoever closes the window in the middle of an address leaves no password behind, and one that was typed is kept.
func TestClosingTheWindowSettlesTURNPasswords(t *testing.T) {
	for _, c := range []struct {
		typed string // as the address
		asks  string
		args  []any
	}{
		{"turn:old.test", "", nil},
		{"turn:new.test", "move credential", []any{kept.ICEServer{URL: "turn:old.test", User: "u"}, kept.ICEServer{URL: "turn:new.test", User: "u"}}},
		{"tur", "keep credential", []any{"turn:old.test", "u", ""}},
		{"", "keep credential", []any{"turn:old.test", "u", ""}},
	} {
		t.Run(c.typed, func(t *testing.T) {
			s := openTURN(t, kept.ICEServer{URL: "turn:old.test", User: "u"})
			if url := s.fieldThatSays("turn:old.test"); c.typed != url.Text {
				url.SetText(c.typed)
				s.changed()
			}
			closed := 0
			s.root.Settle(func() { closed++ })
			if c.asks == "" {
				if s.none(); closed != 1 {
					t.Error("the window does not close at once")
				}
				return
			}
			asked := s.next(c.asks)
			if !slices.Equal(asked.args, c.args) {
				t.Errorf("%s %v", c.asks, asked.args)
			}
			if closed != 0 {
				t.Error("the window closes before the keyring has answered")
			}
			s.finish(asked, nil)
			s.settle()
			if closed != 1 {
				t.Error("the window does not close")
			}
		})
	}
}

// A keyring that is locked does not keep the window from closing.
func TestClosingTheWindowDoesNotWaitForALockedKeyring(t *testing.T) {
	s := openTURN(t, kept.ICEServer{URL: "turn:old.test", User: "u"})
	s.fieldThatSays("turn:old.test").SetText("turn:new.test")
	s.changed()
	closed := 0
	s.root.Settle(func() { closed++ })
	asked := s.next("move credential")
	s.advance(10 * time.Second)
	if closed != 1 {
		t.Error("the window does not close")
	}
	s.finish(asked, nil)
	s.settle()
	if closed != 1 {
		t.Errorf("it closed %d times", closed)
	}
}

func TestLockedSettingsAreDisabledAndSayWhy(t *testing.T) {
	s := settingsPage(t, "Network", kept.Locks{"network": true})
	if !s.tick("Connect again by itself").Disabled() || !s.field("http://proxy.example.com:3128").Disabled() {
		t.Error("locked controls can be used")
	}
	s.says("Set by your administrator")
	if s.below("Seconds without video that count as a problem").Disabled() {
		t.Error("a control of another table is locked")
	}
}

func TestLockedCodecs(t *testing.T) {
	s := settingsPage(t, "Video", kept.Locks{"video.codecs": true, "video.excluded_codecs": true})
	if !s.tick("VP8").Disabled() || s.tick("Send only what the server asks for").Disabled() {
		t.Error("locks of the codecs")
	}
}

func TestChangesAreKeptInTheirOrder(t *testing.T) {
	s := settingsPage(t, "Video", nil)
	limit := s.below("At most for your camera, kbit/s")
	limit.SetText("8")
	first := s.next("change")
	limit.SetText("80")
	limit.SetText("800")
	s.none() // each waits for the one before
	s.finish(first, nil)
	for _, want := range []int{80, 800} {
		if got := s.changed().SendLimit; got != want {
			t.Errorf("keeps %d, want %d", got, want)
		}
	}
}

// What was asked of a slow keyring by settings that were left is waited for, by settings opened anew and by the window's end.
func TestALeftPageOfTURNPasswordsIsWaitedFor(t *testing.T) {
	s := openTURN(t, kept.ICEServer{URL: "turn:old.test", User: "u"})
	edit := func(from, to string) {
		s.fieldThatSays(from).SetText(to)
		s.await("change").end <- nil
	}
	edit("turn:old.test", "turn:new.test")
	s.root.CloseSettings()
	first := s.await("move credential")
	m := s.sample("settings")
	m.Settings.ICEServers = []kept.ICEServer{{URL: "turn:new.test", User: "u"}}
	s.root.Set(m)

	s.root.OpenSettings()
	edit("turn:new.test", "turn:third.test")
	s.root.CloseSettings()
	closed := 0
	s.root.Settle(func() { closed++ })
	if s.none(); closed != 0 {
		t.Fatal("the window closes before the keyring has answered")
	}
	first.end <- nil
	second := s.await("move credential")
	want := []any{kept.ICEServer{URL: "turn:new.test", User: "u"}, kept.ICEServer{URL: "turn:third.test", User: "u"}}
	if !slices.Equal(second.args, want) {
		t.Errorf("moves %v", second.args)
	}
	if closed != 0 {
		t.Error("the window closes before the keyring has answered the later question")
	}
	second.end <- nil
	s.until("the window closes", func() bool { return closed == 1 })
}
