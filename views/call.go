package views

import (
	"context"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"parley/connector/rtc"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// barRest is how long the pointer rests over the video before the bar hides.
const barRest = 3 * time.Second

// callChoices is what a person chose in the call view; the root keeps it over rebuilds and calls.
type callChoices struct {
	layout     Layout
	chosen     bool // by the person; else the layout follows the presentation
	news       int  // number of the newest that was told
	closed     int  // number of the newest of what lasts that was read and closed
	selfHidden bool
	selfCorner corner
	// shareMotion: smooth motion was preferred to sharp text when something was shared last.
	shareMotion bool
}

// callView shows a call: pictures, the bar, and what is to be known.
type callView struct {
	env     *Env
	choices *callChoices
	model   Model
	words   callWords
	content *fyne.Container
	laid    arrangement // what the layout was last done for

	main, presentation, self *widget.Tile
	top                      *fyne.Container
	topField, barField       *canvas.Rectangle
	title, status            *canvas.Text
	banner                   *widget.Banner
	bar                      *fyne.Container
	keypad                   *fyne.Container
	pointer                  *widget.Pointer

	quality *widget.Mark
	figures *figuresView
	people  *peopleView

	microphone, camera, share, layout, crowd, pad, more, hangUp *widget.BarButton

	switching          *microphoneSwitch
	holding            bool          // a change of hold is on its way
	failure            widget.Notice // of an action; goes away when closed
	closed             Trouble       // that the person has seen
	lastMove           time.Time
	barShown, watching bool
	ticking            bool
	stopped            bool
	overBar            bool // the pointer has left the video, perhaps for the bar
	stops              []func()
	picker             *sharePicker // opened last, nil for none
	openPicture        func()       // opens the picture window; nil: there is none
}

func newCallView(env *Env, choices *callChoices) *callView {
	v := &callView{env: env, choices: choices, barShown: true}
	v.switching = &microphoneSwitch{env: env, on: func() bool { return v.model.Snapshot.Media.MicrophoneOn },
		show: func() {
			v.words = v.describe()
			v.apply()
		},
		failed: func(err error) {
			if n := Describe(OpMicrophone, "", err); n.Title != "" {
				v.fail(n)
			}
		}}
	d := env.Pictures.Drawing()
	v.main = widget.NewTile("main", d, false)
	v.presentation = widget.NewTile("presentation", d, false)
	v.self = widget.NewTile("self", d, true)
	v.self.Thumbnail = true
	v.self.OnDragEnd = v.dropSelf
	v.pointer = widget.NewPointer()
	v.pointer.OnMove = v.moved
	v.pointer.OnOut = v.pointerLeft
	v.pointer.OnDoubleTap = v.toggleFullScreen
	v.figures, v.people = newFiguresView(), newPeopleView(v.togglePeople)
	v.buildTop()
	v.buildBar()
	v.banner = widget.NewBanner(nil)
	v.banner.OnAction, v.banner.OnSecond = v.bannerAction, v.refuse
	v.keypad = container.NewStack(newStageField(), container.NewPadded(newKeypad(v.tone)))
	v.keypad.Hide()
	field := canvas.NewRectangle(theme.Color(look.Stage))
	v.content = container.New(&stageLayout{v}, field, v.main, v.presentation, v.pointer, v.self, v.top, v.banner,
		v.figures.content, v.people.content, v.keypad, v.bar)
	return v
}

func newStageField() *canvas.Rectangle {
	r := canvas.NewRectangle(theme.Color(look.StageBar))
	r.CornerRadius = look.CardRound
	return r
}

func (v *callView) buildTop() {
	v.title = canvas.NewText("", theme.Color(look.OnStage))
	v.title.TextSize, v.title.TextStyle.Bold = 15, true
	v.status = canvas.NewText("", theme.Color(look.OnStageMuted))
	v.status.TextSize = 13
	v.topField = newStageField()
	v.quality = widget.NewMark(v.toggleFigures)
	v.top = container.New(&topLayout{v}, v.topField, v.title, v.status, v.quality)
}

func (v *callView) buildBar() {
	button := func(icon, key string, tapped func()) *widget.BarButton {
		return widget.NewBarButton(widget.ButtonState{Icon: icon, Caption: text.T(key)}, tapped)
	}
	v.microphone = button("microphone", "call.mute", v.toggleMicrophone)
	v.camera = button("camera", "call.camera", v.toggleCamera)
	v.share = button("share", "call.share", v.toggleShare)
	v.layout = button("layout", "call.layout", v.chooseLayout)
	v.crowd = button("people", "call.people", v.togglePeople)
	v.pad = button("keypad", "call.keypad", v.toggleKeypad)
	v.more = button("more", "call.more", v.openMore)
	v.hangUp = button("hang-up", "call.hangup", v.leave)
	v.hangUp.Set(widget.ButtonState{Icon: "hang-up", Caption: text.T("call.hangup"), Kind: widget.Danger})
	v.barField = newStageField()
	v.bar = container.New(&barLayout{v}, v.barField,
		v.microphone, v.camera, v.share, v.layout, v.crowd, v.pad, v.more, v.hangUp)
}

// Set shows a model.
func (v *callView) Set(m Model) {
	if v.stopped {
		return // an action outlived the call: its pictures must not come back
	}
	before := v.words
	if m.Trouble == v.closed {
		m.Trouble = Trouble{}
	}
	v.model = m
	v.switching.heard(m.Snapshot.Media.MicrophoneOn)
	v.words = v.describe()
	if v.words.HasPresentation != before.HasPresentation && !v.choices.chosen {
		v.choices.layout = LayoutSpeaker
		if v.words.HasPresentation {
			v.choices.layout = LayoutPresentationFirst
		}
	}
	v.figures.set(m.Quality)
	v.people.set(m)
	v.apply()
	v.showPictures()
	v.tick()
	v.tellNews()
}

// tellNews tells an event of the conference once.
func (v *callView) tellNews() {
	c := v.model.Conference
	switch {
	case c.NewsNo == v.choices.news:
		return
	case c.NewsNo < v.choices.news: // of a new call
		v.choices.news = 0
	}
	v.choices.news = c.NewsNo
	if c.NewsNo > 0 {
		v.tell(widget.Notice{Title: text.T(string(c.News))})
	}
}

// describe is what is to be seen; the microphone is shown as it is wanted.
func (v *callView) describe() callWords {
	m := v.model
	m.Snapshot.Media.MicrophoneOn = v.switching.shown(m.Snapshot.Media.MicrophoneOn)
	return describeCall(m, v.env.now())
}

// apply puts the words on the screen.
func (v *callView) apply() {
	w := v.words
	if v.model.Snapshot.Redial.State.Reconnecting() {
		v.failure = widget.Notice{} // why it was cut off matters less than what goes on, and how to stop it
	}
	titleChanged := v.title.Text != w.Title || len(v.status.Text) != len(w.Status) || v.quality.State() != qualityMark(v.model.Quality)
	widget.SetText(v.title, w.Title)
	widget.SetText(v.status, w.Status)
	if titleChanged {
		v.top.Refresh()
	}
	v.microphone.Set(w.Microphone)
	v.camera.Set(w.Camera)
	v.share.Set(w.Share)
	v.layout.Set(widget.ButtonState{Icon: "layout", Caption: v.choices.layout.words(), Disabled: !w.HasPresentation})
	crowd := widget.ButtonState{Icon: "people", Caption: text.T("call.people")}
	if v.people.content.Visible() {
		crowd.Kind = widget.Active
	}
	v.crowd.Set(crowd)
	v.pad.Set(widget.ButtonState{Icon: "keypad", Caption: text.T("call.keypad"), Disabled: !w.Active})
	v.quality.Set(qualityMark(v.model.Quality))
	notice := w.Notice
	if t, ok := v.lasting(); ok {
		notice = t.notice()
		notice.Action = text.T("common.close")
	}
	if v.holding {
		notice = widget.Notice{Title: text.T("call.hold.asking")}
	}
	if v.failure.Title != "" {
		notice = v.failure
	}
	v.banner.Set(notice)
	v.arrange()
}

func (v *callView) showPictures() {
	s := v.model.Snapshot
	v.main.SetLabel(widget.TileLabel{Name: v.words.Person, Person: v.words.Person, Hint: v.words.Hint, Centered: true})
	v.presentation.SetLabel(widget.TileLabel{Name: text.T("call.presentation")})
	v.self.SetLabel(widget.TileLabel{Name: text.T("call.you"), Person: v.model.Account.Name, Icon: v.words.SelfIcon, Rounded: true})
	v.env.Pictures.Show(v.main, remote(s.Streams.Main.Video()))
	v.env.Pictures.Show(v.presentation, remote(s.Streams.Contented.Video()))
	var own rtc.Track
	if s.Media.CameraOn && s.Media.Camera != nil && !v.choices.selfHidden {
		own = s.Media.Camera
	}
	v.env.Pictures.Show(v.self, own)
	widget.SetVisible(v.presentation, v.words.HasPresentation)
	widget.SetVisible(v.self, !v.choices.selfHidden)
	v.arrange()
}

// arrangement is what decides where things lie, beside the window's size.
type arrangement struct {
	layout                        Layout
	presentation, selfHidden, bar bool
	notice                        widget.Notice
	corner                        corner
	title                         string
	quality                       widget.MarkState
	figures, people               bool
}

// arrange lays everything out anew when that is needed.
func (v *callView) arrange() {
	next := arrangement{v.choices.layout, v.words.HasPresentation, v.choices.selfHidden, v.barShown, v.banner.Notice(),
		v.choices.selfCorner, v.title.Text, v.quality.State(), v.figures.content.Visible(), v.people.content.Visible()}
	if next == v.laid {
		return
	}
	v.laid = next
	v.content.Refresh()
}

// remote keeps a nil track a nil interface.
func remote(t rtc.RemoteTrack) rtc.Track {
	if t == nil {
		return nil
	}
	return t
}

// tick keeps the clock and the countdown going, once a second while there is something to count.
func (v *callView) tick() {
	if v.ticking || v.stopped || !inCall(v.model.Snapshot) {
		return
	}
	v.ticking = true
	v.stops = append(v.stops[:0], v.env.after(time.Second, func() {
		v.ticking = false
		if v.stopped {
			return
		}
		v.words = v.describe()
		v.apply()
		v.tick()
	}))
}

// shown is called when the view comes on the screen.
func (v *callView) shown() {
	v.showBar(true)
	v.env.focus(nil)
}

// stop ends timers and pictures; the view is not used again.
func (v *callView) stop() {
	v.stopped = true
	for _, s := range v.stops {
		s()
	}
	if v.picker != nil {
		v.picker.close() // it would go on capturing the screen
	}
	for _, t := range []*widget.Tile{v.main, v.presentation, v.self} {
		v.env.Pictures.Show(t, nil)
	}
}

// act runs an action of the bar: the button is busy until the outcome is known.
func (v *callView) act(b *widget.BarButton, op Operation, do func(context.Context) error) {
	if s := b.State(); s.Busy || s.Disabled {
		return
	}
	v.failure = widget.Notice{}
	s := b.State()
	s.Busy = true
	b.Set(s)
	v.env.run(do, func(err error) {
		if n := Describe(op, shorten(v.model.Snapshot.Call.Number), err); n.Title != "" {
			v.fail(n)
		}
		v.Set(v.model)
	})
}

func (v *callView) fail(n widget.Notice) {
	n.Action = text.T("common.close")
	v.failure = n
	v.apply()
}

// tell shows a notice for a while.
func (v *callView) tell(n widget.Notice) {
	v.fail(n)
	v.showBar(true)
	shown := v.failure
	v.env.after(toldTime, func() {
		if !v.stopped && v.failure == shown {
			v.failure = widget.Notice{}
			v.apply()
		}
	})
}

func (v *callView) bannerAction() {
	switch {
	case v.failure.Title != "":
		v.failure = widget.Notice{}
		v.apply()
	case v.closeLasting():
		v.apply()
	default:
		v.answer(v.words.Asks)
	}
}

// answer does what the notice's action stands for.
func (v *callView) answer(a asks) {
	switch a {
	case asksToStopRedial:
		v.leave()
	case asksForMicrophone, asksToUnmute:
		if !v.model.Snapshot.Media.MicrophoneOn {
			v.toggleMicrophone()
		}
	case asksForCamera:
		if !v.model.Snapshot.Media.CameraOn {
			v.toggleCamera()
		}
	case asksToCloseTrouble:
		v.closed = v.model.Trouble
		v.Set(v.model)
	case asksToStopSharing:
		v.stopShare()
	case asksToEndHold:
		v.toggleHold()
	}
}

// refuse tells the moderator no.
func (v *callView) refuse() {
	op, do := OpMicrophone, v.env.Actions.RefuseMicrophone
	if v.words.Asks == asksForCamera {
		op, do = OpCamera, v.env.Actions.RefuseCamera
	}
	v.env.run(do, func(err error) {
		if n := Describe(op, "", err); n.Title != "" {
			v.fail(n)
		}
	})
}
