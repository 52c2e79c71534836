// Package keys holds the keyboard shortcuts: what can be done with them, the usual ones, and what a person changed.
package keys

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Action is what a shortcut does. The values are kept in the settings.
type Action string

// The actions, in the order in which they are listed.
const (
	Microphone  Action = "microphone"
	PushToTalk  Action = "push-to-talk" // while the key is held
	Camera      Action = "camera"
	Share       Action = "share"
	Layout      Action = "layout"
	Self        Action = "self"
	Keypad      Action = "keypad"
	People      Action = "people"
	Figures     Action = "figures"
	Hold        Action = "hold"
	FullScreen  Action = "full-screen"
	HangUp      Action = "hang-up"
	Settings    Action = "settings"
	Diagnostics Action = "diagnostics"
	Help        Action = "help"
)

// Actions are all of them, in order.
func Actions() []Action {
	return []Action{Microphone, PushToTalk, Camera, Share, Layout, Self, Keypad, People, Figures, Hold, FullScreen, HangUp, Settings, Diagnostics, Help}
}

// Combo is a key with its modifiers.
type Combo struct {
	Key      fyne.KeyName
	Modifier fyne.KeyModifier
}

// None is no key at all.
var None = Combo{}

// usual are the shortcuts that hold unless changed.
var usual = map[Action]Combo{
	Microphone:  {fyne.KeyD, fyne.KeyModifierShortcutDefault},
	PushToTalk:  {fyne.KeySpace, 0},
	Camera:      {fyne.KeyE, fyne.KeyModifierShortcutDefault},
	Share:       {fyne.KeyS, fyne.KeyModifierShortcutDefault},
	Layout:      {fyne.KeyL, fyne.KeyModifierShortcutDefault},
	Self:        {fyne.KeyP, fyne.KeyModifierShortcutDefault},
	Keypad:      {fyne.KeyK, fyne.KeyModifierShortcutDefault},
	People:      {fyne.KeyU, fyne.KeyModifierShortcutDefault},
	Figures:     {fyne.KeyI, fyne.KeyModifierShortcutDefault},
	Hold:        {fyne.KeyO, fyne.KeyModifierShortcutDefault},
	FullScreen:  {fyne.KeyF11, 0},
	HangUp:      {fyne.KeyH, fyne.KeyModifierShortcutDefault},
	Settings:    {fyne.KeyComma, fyne.KeyModifierShortcutDefault},
	Diagnostics: {fyne.KeyG, fyne.KeyModifierShortcutDefault},
	Help:        {fyne.KeyF1, 0},
}

// modifiers and how they are written, in order. Ctrl is the command key on a Mac.
var modifiers = []struct {
	bit  fyne.KeyModifier
	name string
}{
	{fyne.KeyModifierShortcutDefault, "Ctrl"},
	{fyne.KeyModifierAlt, "Alt"},
	{fyne.KeyModifierShift, "Shift"},
}

// ErrCombo is wrapped by what is wrong with a combination.
var ErrCombo = errors.New("key combination")

// String writes "Ctrl+Shift+D"; "" for no key.
func (c Combo) String() string {
	if c == None {
		return ""
	}
	var parts []string
	for _, m := range modifiers {
		if c.Modifier&m.bit != 0 {
			parts = append(parts, m.name)
		}
	}
	return strings.Join(append(parts, string(c.Key)), "+")
}

// Shortcut is the combination as Fyne takes it.
func (c Combo) Shortcut() *desktop.CustomShortcut {
	return &desktop.CustomShortcut{KeyName: c.Key, Modifier: c.Modifier}
}

// Parse reads what String writes. It comes from a file that anybody may have edited.
func Parse(text string) (Combo, error) {
	if text == "" {
		return None, nil
	}
	var c Combo
	parts := strings.Split(text, "+")
	for _, part := range parts[:len(parts)-1] {
		i := slices.IndexFunc(modifiers, func(m struct {
			bit  fyne.KeyModifier
			name string
		}) bool {
			return strings.EqualFold(m.name, strings.TrimSpace(part))
		})
		if i < 0 {
			return None, fmt.Errorf("%w: unknown modifier %q", ErrCombo, part)
		}
		c.Modifier |= modifiers[i].bit
	}
	name := strings.TrimSpace(parts[len(parts)-1])
	i := slices.IndexFunc(known, func(k fyne.KeyName) bool { return strings.EqualFold(string(k), name) })
	if i < 0 {
		return None, fmt.Errorf("%w: unknown key %q", ErrCombo, name)
	}
	c.Key = known[i]
	return c, nil
}

// known are the keys that a shortcut may have.
var known = func() (list []fyne.KeyName) {
	for c := 'A'; c <= 'Z'; c++ {
		list = append(list, fyne.KeyName(c))
	}
	for c := '0'; c <= '9'; c++ {
		list = append(list, fyne.KeyName(c))
	}
	return append(list, fyne.KeyF1, fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, fyne.KeyF6, fyne.KeyF7, fyne.KeyF8, fyne.KeyF9,
		fyne.KeyF10, fyne.KeyF11, fyne.KeyF12, fyne.KeySpace, fyne.KeyComma, fyne.KeyPeriod, fyne.KeyHome, fyne.KeyEnd,
		fyne.KeyPageUp, fyne.KeyPageDown, fyne.KeyInsert)
}()

// Check says why an action cannot have a combination.
func Check(a Action, c Combo) error {
	functionKey := strings.HasPrefix(string(c.Key), "F") && len(c.Key) > 1
	switch {
	case c == None:
		return nil
	case !slices.Contains(known, c.Key):
		return fmt.Errorf("%w: this key cannot be used", ErrCombo)
	case a == PushToTalk && c.Modifier != 0:
		return fmt.Errorf("%w: a key that is held has no modifiers", ErrCombo)
	case a != PushToTalk && !functionKey && c.Modifier&^fyne.KeyModifierShift == 0:
		return fmt.Errorf("%w: needs Ctrl or Alt, else it could not be typed", ErrCombo)
	case c.Modifier == fyne.KeyModifierShortcutDefault && strings.Contains("ACVXYZ", string(c.Key)):
		return fmt.Errorf("%w: is for editing text", ErrCombo)
	}
	return nil
}

// Map is what holds: a combination for each action, None for those without.
type Map map[Action]Combo

// Resolve is the usual shortcuts with what a person changed, by action; "" takes a shortcut away. What cannot be is left as
// usual. A combination that two actions want goes to the one whose was changed, else to the first.
func Resolve(changed map[string]string) Map {
	m := Map{}
	own := map[Combo]Action{}
	for _, a := range Actions() {
		text, there := changed[string(a)]
		if !there {
			continue
		}
		c, err := Parse(text)
		if err != nil || Check(a, c) != nil {
			continue
		}
		if _, taken := own[c]; taken && c != None {
			continue
		}
		m[a] = c
		own[c] = a
	}
	for _, a := range Actions() {
		if _, set := m[a]; set {
			continue
		}
		c := usual[a]
		if _, taken := own[c]; taken {
			c = None
		} else {
			own[c] = a
		}
		m[a] = c
	}
	return m
}

// With is what must be kept so that an action gets a combination: an action that had it loses it.
func (m Map) With(a Action, c Combo) (map[string]string, error) {
	if err := Check(a, c); err != nil {
		return nil, err
	}
	next := Map{}
	for action, combo := range m {
		if combo == c {
			combo = None
		}
		next[action] = combo
	}
	next[a] = c
	return next.changed(), nil
}

// changed are those that differ from the usual ones.
func (m Map) changed() map[string]string {
	list := map[string]string{}
	for a, c := range m {
		if c != usual[a] {
			list[string(a)] = c.String()
		}
	}
	return list
}

// Owner is the action that has a combination, "" for none.
func (m Map) Owner(c Combo) Action {
	for a, combo := range m {
		if combo == c && c != None {
			return a
		}
	}
	return ""
}
