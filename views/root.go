package views

import (
	"context"
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"

	"parley/views/keys"
	"parley/views/text"
	"parley/views/widget"
)

// Screen names what the window shows.
type Screen string

// The screens.
const (
	ScreenWelcome  Screen = "welcome"
	ScreenSignIn   Screen = "signin"
	ScreenHome     Screen = "home"
	ScreenCall     Screen = "call"
	ScreenSettings Screen = "settings"
	ScreenBefore   Screen = "before" // the call
)

// Root is the content of the main window: it chooses the screen by the model and keeps what a person typed and chose, so
// that views can be made anew (another language, another theme) at any time.
type Root struct {
	env      *Env
	stack    *fyne.Container
	model    Model
	screen   Screen
	settings bool // the person opened them

	form    SignIn
	formSet bool
	number  string
	choices callChoices
	page    string // of the settings

	contacts bool // the home screen shows them, not the calls
	picture  *pictureWindow

	greeted bool // the welcome screen was seen

	welcome *welcomeView
	signIn  *signInView
	home    *homeView
	call    *callView

	intended   *intended // a call about to be made
	before     *beforeView
	options    *settingsView // nil: they are not shown
	linkAsked  func()        // takes the question about a link away; nil: there is none
	linkFilled *CallLink     // what the sign in screen was filled from; nil: no link
	stopScreen func()        // gives back what the screen shown uses

	talked     talked // what is known of the call that goes on, or was the last
	shownError error  // the snapshot's error that was told
	told       int    // number of the last Told
	keys       keys.Map
	shortcuts  map[keys.Action]func()
	talk       *pushToTalk
}

// NewRoot makes the content and puts it into env.Window.
func NewRoot(env *Env) *Root {
	r := &Root{env: env, stack: container.NewStack(), keys: keys.Resolve(nil)}
	r.talk = &pushToTalk{env: env, muted: r.mayTalk, failed: func(err error) { r.Tell(Describe(OpMicrophone, "", err)) }}
	if c, ok := env.Window.Canvas().(desktop.Canvas); ok {
		c.SetOnKeyDown(r.KeyDown)
		c.SetOnKeyUp(r.KeyUp)
	}
	env.BeforeCall = r.BeforeCall
	env.keysThrough = func(k *fyne.KeyEvent) { r.typedShortcut(k) }
	env.Window.SetContent(r.stack)
	env.Window.SetPadded(false)
	env.Window.Canvas().SetOnTypedKey(r.typedKey)
	env.Window.Canvas().SetOnTypedRune(func(c rune) {
		if r.call != nil {
			r.call.typedRune(c)
		}
	})
	return r
}

// Screen shown now.
func (r *Root) Screen() Screen { return r.screen }

// Set shows a model.
func (r *Root) Set(m Model) {
	if !r.formSet {
		r.form, r.formSet = m.Remembered, true
		r.choices.selfHidden, r.choices.selfCorner = m.Settings.SelfHidden, cornerNamed(m.Settings.SelfCorner)
	}
	if r.model.Demo && !m.Demo {
		r.SetNumber("") // of the demo's room
	}
	r.model = m
	if r.talked.follow(m.Snapshot) && r.home != nil {
		r.home.failed = nil // of an earlier call
	}
	if next := keys.Resolve(m.Settings.Shortcuts); !maps.Equal(next, r.keys) {
		r.setKeys(next)
	}
	var then []func()
	if next := r.choose(); next != r.screen {
		then = r.env.clear()
		r.show(next)
	}
	r.fill()
	r.tellError()
	r.tellWhatHappened()
	for _, fn := range then {
		fn()
	}
	r.heedLink()
}

// SetNumber fills the number to dial.
func (r *Root) SetNumber(number string) {
	r.number = number
	if r.home != nil {
		r.home.entry.SetText(number)
		r.home.entry.CursorColumn = len([]rune(number)) // what is there may be typed on
	}
}

// SetPassword fills in the password that belongs to a server, unless a person has typed one. The keyring may have taken its
// time: where a link or a person has named another server meanwhile, that one gets no password of this one.
func (r *Root) SetPassword(server, password string) {
	if password == "" || r.form.Password != "" || !sameServer(r.form.Server, server) {
		return
	}
	r.form.Password = password
	if r.signIn != nil && r.screen == ScreenSignIn {
		r.signIn.password.SetText(password)
	}
}

// Rebuild makes the shown screen anew, after the language or the theme has changed.
func (r *Root) Rebuild() {
	if r.screen == "" {
		return
	}
	r.show(r.screen)
	r.fill()
}

func (r *Root) choose() Screen {
	switch {
	case r.model.SignedIn && inCall(r.model.Snapshot):
		return ScreenCall
	case r.settings:
		return ScreenSettings
	case r.model.SignedIn && r.intended != nil:
		return ScreenBefore
	case r.model.SignedIn:
		return ScreenHome
	case r.model.First && !r.greeted:
		return ScreenWelcome
	}
	return ScreenSignIn
}

func (r *Root) show(s Screen) {
	r.leave(s)
	r.screen = s
	var content fyne.CanvasObject
	shown := func() {}
	actions := r.actions()
	switch s {
	case ScreenWelcome:
		if r.welcome == nil || r.welcome.stop == nil {
			r.welcome = newWelcomeView(r.env, r.leaveWelcome, r.OpenSettings, r.SetNumber)
		}
		content, shown = r.welcome.content, r.welcome.shown
	case ScreenSignIn:
		if r.signIn == nil || r.signIn.stop == nil {
			r.signIn = newSignInView(r.env, &r.form, r.model.Demo, r.OpenSettings)
		}
		content, shown = r.signIn.content, r.signIn.shown
	case ScreenHome:
		if r.home == nil || r.home.stop == nil {
			r.home = newHomeView(r.env, &r.number, &r.contacts, r.OpenSettings, r.SignOut)
			r.home.begun = func() { r.talked = talked{} }
		}
		content, shown = r.home.content, r.home.shown
	case ScreenCall:
		r.settings, r.intended = false, nil
		if l, ok := layoutNamed(r.model.Settings.Layout); ok && !r.choices.chosen {
			r.choices.layout, r.choices.chosen = l, true
		}
		r.call = newCallView(r.env, &r.choices)
		if r.env.NewWindow != nil {
			r.call.openPicture = r.openPictureWindow
		}
		if r.picture != nil {
			r.picture.call = r.call
		}
		content, shown = r.call.content, r.call.shown
		maps.Copy(actions, r.call.shortcuts())
	case ScreenSettings:
		v := newSettingsView(r.env, r.model, &r.page, r.CloseSettings, r.keyList)
		content, shown, r.stopScreen = v.content, v.shown, v.stop
		r.options = v
	case ScreenBefore:
		v := newBeforeView(r.env, r.model, *r.intended, r.join, r.forgetCall)
		content, shown, r.stopScreen = v.content, v.shown, v.stop
		r.before = v
	}
	r.bind(actions)
	r.stack.Objects = []fyne.CanvasObject{content}
	r.stack.Refresh()
	shown()
	r.env.Window.SetTitle(r.title())
}

// leave ends what the old screen runs.
func (r *Root) leave(next Screen) {
	r.unbind()
	if r.stopScreen != nil {
		r.stopScreen()
		r.stopScreen = nil
	}
	r.before, r.options = nil, nil
	if r.call != nil {
		r.call.stop()
		r.call = nil
		if next != ScreenCall {
			r.closePicture()
			r.choices.chosen, r.choices.layout = false, LayoutSpeaker
			r.env.Window.SetFullScreen(false)
		}
	}
}

// BeforeCall shows the screen before a call; false: the person wants none.
func (r *Root) BeforeCall(number string, video bool) bool {
	if !r.model.Settings.Preview {
		return false
	}
	r.intended = &intended{number, video}
	r.Set(r.model)
	return true
}

// join makes the call that was prepared.
func (r *Root) join(c intended) {
	r.forgetCall()
	if r.screen == ScreenHome {
		r.home.place(c.number, c.video)
	}
}

func (r *Root) forgetCall() {
	r.intended = nil
	r.Set(r.model)
}

func (r *Root) title() string {
	if r.call != nil {
		if t := callTitle(r.model.Snapshot.Call); t != "" {
			return t + " – " + text.T("app.name")
		}
	}
	return text.T("app.name")
}

func (r *Root) fill() {
	switch r.screen {
	case ScreenSignIn:
		r.signIn.Set(r.model)
	case ScreenHome:
		r.home.Set(r.model)
	case ScreenCall:
		r.call.Set(r.model)
		if r.picture != nil {
			r.picture.set()
		}
	}
}

// OpenSettings shows the settings.
func (r *Root) OpenSettings() {
	r.settings = true
	r.Set(r.model)
}

// leaveWelcome goes on to the sign in screen.
func (r *Root) leaveWelcome() {
	r.greeted = true
	r.Set(r.model)
}

// CloseSettings goes back to where the settings were opened.
func (r *Root) CloseSettings() {
	opened := r.settings
	r.settings = false
	r.Set(r.model)
	if opened && r.model.SignedIn {
		r.env.run(r.env.Actions.Renew, func(err error) { r.Tell(Describe(OpConnect, r.model.Account.Server, err)) })
	}
}

// SignOut ends the connection.
func (r *Root) SignOut() {
	r.env.run(func(ctx context.Context) error { return r.env.Actions.Disconnect(ctx) }, func(err error) {
		if r.home != nil && r.screen == ScreenHome {
			r.home.show(Describe(OpConnect, r.model.Account.Server, err))
		}
	})
}

// AskToClose asks before a call is ended by closing the window; without a call it closes at once. hide, when not nil, keeps
// the call without a window.
func (r *Root) AskToClose(closeNow, hide func()) {
	if !inCall(r.model.Snapshot) {
		closeNow()
		return
	}
	body := container.NewVBox(muted(text.T("call.close.text")))
	var dismiss func()
	if hide != nil {
		body.Add(muted(text.T("call.close.hide.text")))
		body.Add(widget.NewButton(text.T("call.close.hide"), nil, func() {
			dismiss()
			hide()
		}))
	}
	dismiss = r.env.ask(question{
		title: text.T("call.close.title"), yes: text.T("call.close.leave"), no: text.T("call.close.stay"), danger: true,
		body: body,
		answer: func(yes bool) {
			if yes {
				closeNow()
			}
		},
	})
}
