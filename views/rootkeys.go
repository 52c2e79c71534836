package views

import (
	"fyne.io/fyne/v2"

	"parley/views/keys"
)

// actions of every screen.
func (r *Root) actions() map[keys.Action]func() {
	list := map[keys.Action]func(){
		keys.FullScreen: r.toggleFullScreen, keys.Help: r.ShowKeys, keys.Settings: r.OpenSettings,
	}
	if r.env.OpenDiagnostics != nil {
		list[keys.Diagnostics] = r.env.OpenDiagnostics
	}
	return list
}

func (r *Root) bind(actions map[keys.Action]func()) {
	r.shortcuts = actions
	for action := range actions {
		if combo := r.keys[action]; combo.Modifier != 0 { // the others come as typed keys
			r.env.Window.Canvas().AddShortcut(combo.Shortcut(), func(fyne.Shortcut) { r.Shortcut(action) })
		}
	}
}

func (r *Root) unbind() {
	for action := range r.shortcuts {
		if combo := r.keys[action]; combo.Modifier != 0 {
			r.env.Window.Canvas().RemoveShortcut(combo.Shortcut())
		}
	}
	r.shortcuts = nil
}

// setKeys takes other shortcuts at once.
func (r *Root) setKeys(next keys.Map) {
	actions := r.shortcuts
	r.unbind()
	r.unbindPicture()
	r.keys = next
	r.bind(actions)
	r.bindPicture()
}

// atOnce tells of actions that nothing over the window keeps away: who presses the microphone's key in a call means now.
func (r *Root) atOnce(action keys.Action) bool {
	return r.call != nil && (action == keys.Microphone || action == keys.Camera)
}

// Shortcut does what a shortcut stands for on the screen shown.
func (r *Root) Shortcut(action keys.Action) {
	fn, ok := r.shortcuts[action]
	if !ok || len(r.env.Window.Canvas().Overlays().List()) > 0 && !r.atOnce(action) {
		return
	}
	if r.call != nil {
		r.call.moved() // what the key does is seen on the bar
	}
	fn()
}

// KeyDown begins to talk when the key for it is held.
func (r *Root) KeyDown(k *fyne.KeyEvent) {
	if r.call != nil && r.keys[keys.PushToTalk] == (keys.Combo{Key: k.Name}) {
		r.talk.down()
	}
}

// KeyUp ends what KeyDown began, on whatever screen.
func (r *Root) KeyUp(k *fyne.KeyEvent) {
	if r.keys[keys.PushToTalk] == (keys.Combo{Key: k.Name}) {
		r.talk.up()
	}
}

// mayTalk: the microphone is there and off, and not by a moderator.
func (r *Root) mayTalk() bool {
	m := r.model.Snapshot.Media
	return r.call != nil && m.HasMicrophone && !m.MicrophoneOn && !m.MicrophoneMutedByServer
}

func (r *Root) toggleFullScreen() {
	r.env.Window.SetFullScreen(!r.env.Window.FullScreen())
	if r.call != nil {
		r.call.apply()
		r.call.moved()
	}
}

func (r *Root) typedKey(k *fyne.KeyEvent) {
	switch {
	case r.typedShortcut(k):
	case r.call != nil:
		r.call.typedKey(k)
	case k.Name == fyne.KeyEscape && r.settings:
		r.CloseSettings()
	case k.Name == fyne.KeyEscape && r.screen == ScreenWelcome:
		r.welcome.abort()
	case k.Name == fyne.KeyEscape && r.screen == ScreenSignIn:
		r.signIn.abort()
	case k.Name == fyne.KeyEscape && r.before != nil:
		r.before.back(r.forgetCall)
	case k.Name == fyne.KeyEscape && r.screen == ScreenHome:
		r.home.abort()
	}
}

// typedShortcut does what a key without modifiers stands for.
func (r *Root) typedShortcut(k *fyne.KeyEvent) bool {
	action := r.keys.Owner(keys.Combo{Key: k.Name})
	if action == "" || action == keys.PushToTalk {
		return false
	}
	r.Shortcut(action)
	return true
}
