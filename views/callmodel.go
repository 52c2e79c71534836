package views

import (
	"slices"
	"strings"
	"time"

	"parley/connector/call"
	"parley/connector/presentation"
	"parley/connector/session"
	"parley/views/text"
	"parley/views/widget"
)

// Layout is how the call's pictures share the window.
type Layout int

// The layouts.
const (
	LayoutSpeaker           Layout = iota // main video large, presentation in the corner
	LayoutSideBySide                      // both alike
	LayoutPresentationFirst               // presentation large, main video in a strip beside
	LayoutPicture                         // picture in picture: presentation over all, main video upon it
	layouts
)

// layoutNames are how layouts are kept.
var layoutNames = [layouts]string{"speaker", "side-by-side", "presentation", "picture"}

// layoutNamed is the layout of a kept name; false when none is.
func layoutNamed(name string) (Layout, bool) {
	i := slices.Index(layoutNames[:], name)
	return Layout(max(i, 0)), i >= 0
}

func (l Layout) words() string {
	switch l {
	case LayoutSideBySide:
		return text.T("layout.sideBySide")
	case LayoutPresentationFirst:
		return text.T("layout.presentation")
	case LayoutPicture:
		return text.T("layout.picture")
	}
	return text.T("layout.speaker")
}

// callWords is what the call view says, derived from the model.
type callWords struct {
	Title, Status, Hint      string
	Person                   string // at the other end of a call between two, empty in a conference
	Microphone, Camera       widget.ButtonState
	Share                    widget.ButtonState
	SelfIcon                 string
	Notice                   widget.Notice
	Asks                     asks // what the notice's action does
	Sharing, HasPresentation bool
	Active                   bool // the call is established
}

func describeCall(m Model, now time.Time) callWords {
	s := m.Snapshot
	w := callWords{
		Title:           callTitle(s.Call),
		Active:          s.Call.State.Active(),
		Sharing:         s.Presentation == presentation.Active || s.Presentation == presentation.Starting,
		HasPresentation: s.Streams.Contented.Video() != nil,
		Microphone:      microphoneState(s.Media),
		Camera:          cameraState(s.Media),
		Share:           shareState(s.Presentation, s.Call.State.Active() && !s.Call.OnHold),
	}
	switch {
	case s.Redial.State.Reconnecting():
		w.Status = text.T("status.callReconnecting")
		w.Hint = w.Status
	case s.Call.State == call.Connecting:
		w.Status = text.T("call.connecting", text.D{"Number": shorten(s.Call.Number)})
		w.Hint = w.Status
	case s.Call.State == call.Disconnecting:
		w.Status = text.T("call.ending")
	case s.Call.State == call.Purgatory:
		w.Status = text.T("call.purgatory")
		w.Hint = w.Status
	case w.Active && !s.Call.Started.IsZero():
		w.Status = clock(now.Sub(s.Call.Started))
		w.Hint = text.T("call.noVideo")
		if s.Call.OnHold || s.Call.Held {
			w.Hint = text.T("call.hold.status")
			w.Status += " · " + w.Hint
		}
	}
	w.Notice, w.Asks = callNotice(m, now)
	if inRoom := text.T("call.room", text.D{"Room": shorten(s.Call.Room)}); w.Title != inRoom {
		w.Person = w.Title
	}
	if !s.Media.MicrophoneOn {
		w.SelfIcon = "microphone-off"
	}
	return w
}

func callTitle(c session.Call) string {
	switch {
	case c.State == call.Purgatory, c.Room == "purgatory", c.Room == "":
	case c.DirectP2P, c.State == call.P2PRoom, c.State == call.DirectP2PRoom, strings.HasPrefix(c.Room, "p2p"):
	default:
		return text.T("call.room", text.D{"Room": shorten(c.Room)})
	}
	if c.RemoteName != "" {
		return shorten(c.RemoteName)
	}
	return shorten(c.Number)
}

func microphoneState(m session.Media) widget.ButtonState {
	switch {
	case !m.HasMicrophone:
		return widget.ButtonState{Icon: "microphone-off", Caption: text.T("call.noMicrophone"), Disabled: true}
	case m.MicrophoneOn:
		return widget.ButtonState{Icon: "microphone", Caption: text.T("call.mute")}
	case m.MicrophoneMutedByServer:
		return widget.ButtonState{Icon: "microphone-off", Caption: text.T("call.mutedByModerator"), Kind: widget.Off}
	}
	return widget.ButtonState{Icon: "microphone-off", Caption: text.T("call.unmute"), Kind: widget.Off}
}

func cameraState(m session.Media) widget.ButtonState {
	switch {
	case !m.HasCamera:
		return widget.ButtonState{Icon: "camera-off", Caption: text.T("call.noCamera"), Disabled: true}
	case m.CameraOn:
		return widget.ButtonState{Icon: "camera", Caption: text.T("call.camera")}
	case m.CameraMutedByServer:
		return widget.ButtonState{Icon: "camera-off", Caption: text.T("call.cameraByModerator"), Kind: widget.Off}
	}
	return widget.ButtonState{Icon: "camera-off", Caption: text.T("call.cameraOff"), Kind: widget.Off}
}

func shareState(p presentation.State, active bool) widget.ButtonState {
	switch p {
	case presentation.Starting:
		return widget.ButtonState{Icon: "share", Caption: text.T("call.shareStarting"), Busy: true}
	case presentation.Active:
		return widget.ButtonState{Icon: "share", Caption: text.T("call.shareOther"), Kind: widget.Active}
	case presentation.Stopping:
		return widget.ButtonState{Icon: "share-stop", Caption: text.T("call.shareStop"), Busy: true}
	}
	return widget.ButtonState{Icon: "share", Caption: text.T("call.share"), Disabled: !active}
}

// asks is what a notice wants to know, and so what its actions do.
type asks int

// The questions.
const (
	asksNothing asks = iota
	asksToStopRedial
	asksForMicrophone // a moderator does
	asksForCamera
	asksToCloseTrouble
	asksToUnmute
	asksToStopSharing
	asksToEndHold
)

// callNotice is the gravest thing to know about the call, empty when all is well.
func callNotice(m Model, now time.Time) (widget.Notice, asks) {
	s := m.Snapshot
	switch {
	case s.Redial.State.Reconnecting():
		return redialNotice(s.Redial, now), asksToStopRedial
	case m.Conference.AskedMicrophone && s.Media.HasMicrophone && !s.Media.MicrophoneOn:
		return widget.Notice{Level: widget.Warning, Title: text.T("call.ask.microphone"), Action: text.T("call.ask.on"),
			Second: text.T("call.ask.refuse")}, asksForMicrophone
	case m.Conference.AskedCamera && s.Media.HasCamera && !s.Media.CameraOn:
		return widget.Notice{Level: widget.Warning, Title: text.T("call.ask.camera"), Action: text.T("call.ask.on"),
			Second: text.T("call.ask.refuse")}, asksForCamera
	case m.Trouble.Device != "":
		return troubleNotice(m.Trouble), asksToCloseTrouble
	case s.Call.OnHold, s.Call.Held:
		return holdNotice(s)
	case m.MutedSpeech && s.Media.HasMicrophone && !s.Media.MicrophoneOn:
		return widget.Notice{Level: widget.Warning, Title: text.T("call.speakingMuted"), Action: text.T("call.unmute")}, asksToUnmute
	case s.CallSession.Role == session.Spectator || s.CallSession.Role == session.SpectatorSynthetic:
		return widget.Notice{Title: text.T("call.spectator")}, asksNothing
	case s.Media.HasMicrophone && !s.Media.MicrophoneOn && s.Media.MicrophoneMutedByServer:
		return widget.Notice{Title: text.T("call.noticeMicrophone")}, asksNothing
	case s.Media.HasCamera && !s.Media.CameraOn && s.Media.CameraMutedByServer:
		return widget.Notice{Title: text.T("call.noticeCamera")}, asksNothing
	case s.Presentation == presentation.Active:
		return widget.Notice{Title: sharingWords(m.Sharing), Action: text.T("call.shareStop")}, asksToStopSharing
	}
	return widget.Notice{}, asksNothing
}

// redialNotice: the attempt, the seconds to the next one, and how to stop.
func redialNotice(r session.Redial, now time.Time) widget.Notice {
	n := widget.Notice{
		Level: widget.Warning, Action: text.T("common.cancel"),
		Title: text.T("redial.restoring", text.D{"Attempt": max(r.Attempt, 1)}),
	}
	if left := r.Next.Sub(now); left > 0 {
		seconds := int((left + time.Second - 1) / time.Second)
		n.Text = text.N("redial.next", seconds, text.D{"Seconds": seconds})
	}
	return n
}

// holdNotice says who has put the call on hold. Held by the other side, a presentation goes on, and a person might forget it;
// our own hold silences it.
func holdNotice(s session.Snapshot) (widget.Notice, asks) {
	n, a := widget.Notice{Title: text.T("call.held")}, asksNothing
	if s.Call.OnHold {
		n = widget.Notice{Level: widget.Warning, Title: text.T("call.onHold"), Action: text.T("call.hold.end")}
		a = asksToEndHold
		if s.Call.Held {
			n.Text = text.T("call.held")
		}
	}
	if s.Presentation == presentation.Active && !s.Call.OnHold {
		n.Text = strings.TrimSpace(n.Text + " " + text.T("call.hold.sharing"))
	}
	return n, a
}

// troubleNotice says which device failed, why, and what to do.
func troubleNotice(t Trouble) widget.Notice {
	op := OpCamera
	if t.Device == TroubleMicrophone {
		op = OpMicrophone
	}
	n := Describe(op, "", t.Err)
	n.Level, n.Action = widget.Warning, text.T("common.close")
	n.Title = text.T(string(t.Device))
	return n
}

// InCall tells whether there is a call, or one that is being restored.
func InCall(s session.Snapshot) bool { return inCall(s) }

func inCall(s session.Snapshot) bool {
	return (s.Call.State != call.Idle && s.Call.State != "") || s.Redial.State.Reconnecting()
}

// sharingWords say what is shared, by name.
func sharingWords(name string) string {
	if name == "" {
		return text.T("call.sharing")
	}
	return text.T("call.sharingWhat", text.D{"Name": shorten(name)})
}
