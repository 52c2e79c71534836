package views

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/connector/session"
	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// peopleWidth of the panel, device independent pixels.
const peopleWidth float32 = 300

// peopleView is the panel of who is in the call, as far as the server tells, and of our own place in it.
type peopleView struct {
	content *fyne.Container
	close   *widget.Button
	list    *fyne.Container
	shown   peopleWords
}

// person is one line of the list.
type person struct{ name, icon, state string }

// peopleWords are all that the panel says.
type peopleWords struct {
	role, roleText string
	self, other    person
	facts          [4]string // of the conference; empty ones are left out
	alone          string    // instead of others
}

func newPeopleView(close func()) *peopleView {
	p := &peopleView{list: container.NewVBox()}
	p.close = widget.NewIconButton("close", text.T("common.close"), close)
	p.close.Icon = look.ColoredIcon("close", look.OnStage)
	head := bordered(nil, nil, nil, p.close, subheading(text.T("people.title")))
	// Over video everything is dark, in both themes.
	inside := container.NewThemeOverride(bordered(head, nil, nil, nil, container.NewVScroll(p.list)), look.New(look.Dark))
	p.content = container.NewStack(newStageField(), container.NewPadded(inside))
	p.content.Hide()
	return p
}

// set shows a model.
func (p *peopleView) set(m Model) {
	words := describePeople(m)
	if words == p.shown && len(p.list.Objects) > 0 {
		return
	}
	p.shown = words
	p.list.RemoveAll()
	p.list.Add(tight(caption(words.role), muted(words.roleText)))
	p.list.Add(fynewidget.NewSeparator())
	p.list.Add(personRow(words.self))
	if words.other.name != "" {
		p.list.Add(personRow(words.other))
	}
	if words.alone != "" {
		p.list.Add(muted(words.alone))
	}
	for i, fact := range words.facts {
		if fact == "" {
			continue
		}
		if i == 0 || words.facts[i-1] == "" {
			p.list.Add(fynewidget.NewSeparator())
		}
		p.list.Add(bordered(nil, nil, stageIcon("info"), nil, muted(fact)))
	}
	p.list.Refresh()
}

func stageIcon(name string) fyne.CanvasObject {
	return container.NewCenter(fynewidget.NewIcon(look.ColoredIcon(name, look.OnStageMuted)))
}

func personRow(p person) fyne.CanvasObject {
	name := caption(p.name)
	name.Wrapping, name.Truncation = fyne.TextWrapOff, fyne.TextTruncateEllipsis
	words := fyne.CanvasObject(name)
	if p.state != "" {
		state := muted(p.state)
		state.SizeName = theme.SizeNameCaptionText
		words = tight(name, state)
	}
	return bordered(nil, nil, stageIcon(p.icon), nil, words)
}

// describePeople puts the model into words.
func describePeople(m Model) peopleWords {
	s := m.Snapshot
	w := peopleWords{self: person{name: shorten(m.Account.Name), icon: "person", state: ownState(s.Media)}}
	switch s.CallSession.Role {
	case session.Spectator:
		w.role, w.roleText = text.T("people.spectator"), text.T("people.spectator.text")
	case session.SpectatorSynthetic:
		w.role, w.roleText = text.T("people.request"), text.T("people.spectator.text")
	default:
		w.role, w.roleText = text.T("people.participant"), text.T("people.participant.text")
	}
	if words := describeCall(m, s.Call.Started); words.Person != "" {
		w.other = person{name: words.Person, icon: "person"}
	} else if s.Call.Room != "" {
		w.other = person{name: words.Title, icon: "people"}
		w.alone = text.T("people.unknown")
	}
	facts := make([]string, 0, len(w.facts))
	if m.Conference.Webcast {
		facts = append(facts, text.T("people.webcast"))
	}
	if m.Conference.OnStream {
		facts = append(facts, text.T("people.onStream"))
	}
	switch s.CallSession.License {
	case "AUDIO":
		facts = append(facts, text.T(string(NewsLicenseAudio)))
	case "AUDIOPLUSPRESENTATION":
		facts = append(facts, text.T(string(NewsLicenseShare)))
	}
	if !s.CallSession.SendingMedia && s.Call.State.Active() {
		facts = append(facts, text.T("people.notShown"))
	}
	copy(w.facts[:], facts)
	return w
}

// ownState says what others hear and see of us, and who switched it off.
func ownState(m session.Media) string {
	microphone, camera := text.T("people.microphone.on"), text.T("people.camera.on")
	switch {
	case !m.HasMicrophone:
		microphone = text.T("call.noMicrophone")
	case !m.MicrophoneOn && m.MicrophoneMutedByServer:
		microphone = text.T("people.microphone.moderator")
	case !m.MicrophoneOn:
		microphone = text.T("people.microphone.off")
	}
	switch {
	case !m.HasCamera:
		camera = text.T("call.noCamera")
	case !m.CameraOn && m.CameraMutedByServer:
		camera = text.T("people.camera.moderator")
	case !m.CameraOn:
		camera = text.T("people.camera.off")
	}
	return microphone + " · " + camera
}
