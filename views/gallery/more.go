package gallery

import (
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/connector/call"
	"parley/connector/presentation"
	"parley/connector/session"
	"parley/connector/signal"
	"parley/media/device"
	"parley/views"
	"parley/views/kept"
	"parley/views/keys"
	"parley/views/text"
	"parley/views/widget"
)

// Walk visits all visible objects, those of widgets too, those over the window first, until visit reports true.
func Walk(w fyne.Window, visit func(fyne.CanvasObject) bool) bool {
	roots := append(slices.Clone(w.Canvas().Overlays().List()), w.Content())
	return slices.ContainsFunc(roots, func(o fyne.CanvasObject) bool { return WalkFrom(o, visit) })
}

// WalkFrom visits an object and what is in it.
func WalkFrom(o fyne.CanvasObject, visit func(fyne.CanvasObject) bool) bool {
	if o == nil || !o.Visible() {
		return false
	}
	if visit(o) {
		return true
	}
	inside := func(child fyne.CanvasObject) bool { return WalkFrom(child, visit) }
	switch c := o.(type) {
	case *fyne.Container:
		return slices.ContainsFunc(c.Objects, inside)
	case fyne.Widget:
		return slices.ContainsFunc(test.WidgetRenderer(c).Objects(), inside)
	}
	return false
}

// press uses the control that has the words of a key, or takes the option of that name.
func press(w fyne.Window, key string) {
	words := text.T(key)
	Walk(w, func(o fyne.CanvasObject) bool {
		switch c := o.(type) {
		case *widget.Button:
			if c.AccessibilityLabel() == words {
				c.OnTapped()
				return true
			}
		case *widget.BarButton:
			if c.State().Caption == words {
				c.Tapped(nil)
				return true
			}
		case *widget.Select:
			if slices.Contains(c.Options, words) {
				c.SetSelected(words)
				return true
			}
		}
		return false
	})
}

// pressing makes an Act of presses.
func pressing(list ...string) func(*views.Root, fyne.Window) {
	return func(_ *views.Root, w fyne.Window) {
		for _, key := range list {
			press(w, key)
		}
	}
}

func shortcut(a keys.Action) func(*views.Root, fyne.Window) {
	return func(r *views.Root, _ fyne.Window) { r.Shortcut(a) }
}

// More are further states of the screens: what else can be opened, asked or said there.
func More() []Sample {
	return slices.Concat(moreOfHome(), moreOfSettings(), moreOfCalls(), questions())
}

func moreOfHome() []Sample {
	first := views.Model{Snapshot: session.Initial(), Status: session.StatusDisconnected, First: true}
	home := ready()
	home.Contacts = []views.Contact{{Name: "Константин Константинопольский", Number: "1007"}, {Name: "Weekly meeting", Number: "2001"}}
	offline := home
	offline.Status = session.StatusDisconnected
	failed := func(op views.Operation, err error) func(*views.Root, fyne.Window) {
		return func(r *views.Root, _ fyne.Window) { r.Tell(views.Describe(op, "meet.example.com", err)) }
	}
	return []Sample{
		{Name: "welcome", Model: first},
		{Name: "signin-failed", Model: signInModel(), Act: failed(views.OpConnect, &signal.ResponseError{StatusCode: 403})},
		{Name: "signin-no-keyring", Model: func() views.Model { m := signInModel(); m.ForgetsPasswords = true; return m }()},
		{Name: "home-contacts", Model: home, Act: pressing("home.contacts")},
		{Name: "home-keypad", Model: home, Act: pressing("home.keypad")},
		{Name: "home-offline-contacts", Model: offline, Act: pressing("home.contacts")},
		{Name: "home-failed", Model: home, Act: failed(views.OpCall, &call.Error{Cause: signal.CauseWebRTC})},
	}
}

func signInModel() views.Model {
	return views.Model{Snapshot: session.Initial(), Status: session.StatusDisconnected,
		Remembered: views.SignIn{Server: "meet.example.com", Name: "Анна Berg", User: "1001"}}
}

func moreOfSettings() (list []Sample) {
	m := ready()
	m.Codecs = []string{"VP8", "VP9", "H264", "AV1"}
	m.Settings.ICEServers = []kept.ICEServer{{URL: "turn:turn.example.com:3478?transport=tcp", User: "parley"}}
	m.Settings.CloseToTray = true
	for _, page := range []string{"call", "video", "network", "appearance", "start", "keys"} {
		list = append(list, Sample{Name: "settings-" + page, Model: m, Settings: true, Act: pressing("settings." + page)})
	}
	locked := m
	locked.Locks = kept.Locks{"video": true, "network": true, "shortcuts": true}
	for _, page := range []string{"video", "network", "keys"} {
		list = append(list, Sample{Name: "settings-locked-" + page, Model: locked, Settings: true, Act: pressing("settings." + page)})
	}
	return list
}

func quality(level views.QualityLevel) views.Quality {
	return views.Quality{Level: level, RoundTrip: 1640 * time.Millisecond, Lost: 0.173, SendRate: 12_345_000, ReceiveRate: 12_345_000,
		SendSize: [2]int{1920, 1080}, ReceiveSize: [2]int{1920, 1080}, SendFrames: 29.97, ReceiveFrames: 29.97, SendCodec: "H264",
		ReceiveCodec: "H264", Freezes: 123}
}

func moreOfCalls() (list []Sample) {
	state := func(name string, edit func(*views.Model)) {
		m := inCall(func(*session.Snapshot) {})
		edit(&m)
		list = append(list, Sample{Name: "call-" + name, Model: m})
	}
	state("on-hold", func(m *views.Model) { m.Snapshot.Call.OnHold, m.Snapshot.Presentation = true, presentation.Active })
	state("held", func(m *views.Model) { m.Snapshot.Call.Held = true })
	state("asked", func(m *views.Model) { m.Snapshot.Media.MicrophoneOn, m.Conference.AskedMicrophone = false, true })
	state("speaking", func(m *views.Model) { m.Snapshot.Media.MicrophoneOn, m.MutedSpeech = false, true })
	state("trouble", func(m *views.Model) {
		m.Trouble = views.Trouble{Device: views.TroubleCamera, Err: device.ErrUnavailable}
	})
	state("no-codec", func(m *views.Model) {
		m.Lasting = []views.Told{{Number: 1, What: views.ToldNobodySeesShare, Codec: "H264"}}
	})
	state("spectator", func(m *views.Model) { m.Snapshot.CallSession.Role = session.Spectator })
	state("waiting", func(m *views.Model) { m.Snapshot.Call.State, m.Snapshot.Streams.Main = call.Purgatory, nil })
	state("alone", func(m *views.Model) {
		m.Snapshot.Call.State, m.Snapshot.Call.RemoteName = call.DirectP2PRoom, "Константин Константинопольский"
		m.Snapshot.Streams.Main = nil
	})
	state("no-devices", func(m *views.Model) { m.Snapshot.Media = session.Media{} })
	for _, layout := range []string{"speaker", "side-by-side", "presentation", "picture"} {
		m := inCall(slides)
		m.Settings.Layout = layout
		m.Quality = quality(views.QualityPoor)
		list = append(list, Sample{Name: "call-layout-" + layout, Model: m})
	}
	m := inCall(slides)
	m.Quality = quality(views.QualityFair)
	m.Conference.Webcast, m.Conference.OnStream = true, true
	for name, act := range map[string]func(*views.Root, fyne.Window){"people": shortcut(keys.People), "figures": shortcut(keys.Figures),
		"keypad": shortcut(keys.Keypad), "more": pressing("call.more"), "devices": shortcut(keys.Settings), "layouts": pressing("layout.presentation")} {
		list = append(list, Sample{Name: "call-" + name, Model: m, Act: act})
	}
	second := Samples()[len(Samples())-1]
	second.Name, second.Model.Snapshot.Call.State = "incoming-second", call.InRoom
	return append(list, second)
}

// questions are asked over a screen.
func questions() []Sample {
	home, talking := ready(), inCall(func(*session.Snapshot) {})
	settings := home
	return []Sample{
		{Name: "ask-keys", Model: home, Act: func(r *views.Root, _ fyne.Window) { r.ShowKeys() }},
		{Name: "ask-contact", Model: home, Act: pressing("home.contacts", "contact.add")},
		{Name: "ask-close", Model: talking, Act: func(r *views.Root, _ fyne.Window) { r.AskToClose(func() {}, func() {}) }},
		{Name: "ask-crash", Model: settings, Act: func(r *views.Root, _ fyne.Window) {
			r.OfferCrash(views.CrashReport{Text: errors.New("runtime error: index out of range [3] with length 3").Error(), Suggest: "/home/anna/parley-crash.txt"})
		}},
		{Name: "ask-link", Model: home, Act: func(r *views.Root, _ fyne.Window) {
			r.OpenLink(views.CallLink{Server: "meet.elsewhere.example.com", Number: "2001"})
		}},
	}
}
