package keys

import (
	"errors"
	"maps"
	"testing"

	"fyne.io/fyne/v2"
)

const ctrl = fyne.KeyModifierShortcutDefault

func TestUsualShortcutsAreSoundAndDiffer(t *testing.T) {
	seen := map[Combo]Action{}
	for _, a := range Actions() {
		c, there := usual[a]
		if !there {
			t.Errorf("%s has no shortcut", a)
		}
		if err := Check(a, c); err != nil {
			t.Errorf("%s: %v", a, err)
		}
		if other, taken := seen[c]; taken {
			t.Errorf("%s and %s have %s", a, other, c)
		}
		seen[c] = a
		back, err := Parse(c.String())
		if err != nil || back != c {
			t.Errorf("%s: %q is read as %v, %v", a, c, back, err)
		}
	}
	if len(usual) != len(Actions()) || !maps.Equal(Resolve(nil), Map(usual)) {
		t.Error("nothing changed, and it is not as usual")
	}
}

func TestChanges(t *testing.T) {
	m := Resolve(map[string]string{
		"microphone": "ctrl+shift+m", "camera": "Ctrl+D", "share": "Ctrl+D", "layout": "Hyper+L", "hang-up": "", "self": "P", "keypad": "Ctrl+C",
		"push-to-talk": "F8", "nonsense": "Ctrl+N",
	})
	want := map[Action]Combo{
		Microphone: {fyne.KeyM, ctrl | fyne.KeyModifierShift}, Camera: {fyne.KeyD, ctrl},
		Share:  {fyne.KeyS, ctrl}, // the camera was first, so this one is as usual
		Layout: {fyne.KeyL, ctrl}, HangUp: None, Self: {fyne.KeyP, ctrl}, Keypad: {fyne.KeyK, ctrl}, PushToTalk: {fyne.KeyF8, 0},
		FullScreen: {fyne.KeyF11, 0},
	}
	for a, c := range want {
		if m[a] != c {
			t.Errorf("%s is %q, want %q", a, m[a], c)
		}
	}
	// One that was changed takes a usual one away.
	m = Resolve(map[string]string{"camera": "Ctrl+H"})
	if m[Camera] != (Combo{fyne.KeyH, ctrl}) || m[HangUp] != None {
		t.Errorf("camera %q, hang up %q", m[Camera], m[HangUp])
	}
}

func TestChangingOneKeepsTheOthers(t *testing.T) {
	m := Resolve(nil)
	changed, err := m.With(Camera, Combo{fyne.KeyH, ctrl})
	if err != nil || !maps.Equal(changed, map[string]string{"camera": "Ctrl+H", "hang-up": ""}) {
		t.Fatalf("got %v, %v", changed, err)
	}
	m = Resolve(changed)
	if m.Owner(Combo{fyne.KeyH, ctrl}) != Camera || m.Owner(None) != "" {
		t.Error("wrong owner")
	}
	changed, err = m.With(HangUp, Combo{fyne.KeyQ, ctrl})
	if err != nil || !maps.Equal(changed, map[string]string{"camera": "Ctrl+H", "hang-up": "Ctrl+Q"}) {
		t.Errorf("got %v, %v", changed, err)
	}
	back, err := Resolve(changed).With(Camera, usual[Camera])
	if err != nil || !maps.Equal(back, map[string]string{"hang-up": "Ctrl+Q"}) {
		t.Errorf("got %v, %v", back, err)
	}
	for _, c := range []Combo{{fyne.KeyM, 0}, {fyne.KeyM, fyne.KeyModifierShift}, {fyne.KeyC, ctrl}, {fyne.KeyTab, ctrl}, {fyne.KeyEscape, 0}} {
		if _, err := m.With(Camera, c); !errors.Is(err, ErrCombo) {
			t.Errorf("%q was taken", c)
		}
	}
	if _, err := m.With(PushToTalk, Combo{fyne.KeyM, ctrl}); !errors.Is(err, ErrCombo) {
		t.Error("push to talk took a modifier")
	}
}
