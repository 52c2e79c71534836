package views

import (
	"strings"
	"time"

	"parley/views/text"
	"parley/views/widget"
)

// ToldWhat says what happened; the values are the keys of their words, in which Name stands for the thing's name,
// Uses for what is used instead.
type ToldWhat string

// What is told.
const (
	ToldShareClosed       ToldWhat = "told.shareClosed"
	ToldShareGone         ToldWhat = "told.shareGone"
	ToldSharePaused       ToldWhat = "told.sharePaused"
	ToldShareResumed      ToldWhat = "told.shareResumed"
	ToldCameraGone        ToldWhat = "told.cameraGone"
	ToldCameraInstead     ToldWhat = "told.cameraInstead"
	ToldCameraBack        ToldWhat = "told.cameraBack"
	ToldCameraNew         ToldWhat = "told.cameraNew"
	ToldMicrophoneGone    ToldWhat = "told.microphoneGone"
	ToldMicrophoneInstead ToldWhat = "told.microphoneInstead"
	ToldMicrophoneBack    ToldWhat = "told.microphoneBack"
	ToldMicrophoneNew     ToldWhat = "told.microphoneNew"
	ToldSpeakerGone       ToldWhat = "told.speakerGone"
	ToldSpeakerBack       ToldWhat = "told.speakerBack"

	// A codec does not open: what comes cannot be shown or heard, what is ours is not sent.
	ToldNotSeen         ToldWhat = "told.notSeen"
	ToldShareNotSeen    ToldWhat = "told.shareNotSeen"
	ToldNotHeard        ToldWhat = "told.notHeard"
	ToldNobodySees      ToldWhat = "told.nobodySees"
	ToldNobodySeesShare ToldWhat = "told.nobodySeesShare"
	ToldNobodyHears     ToldWhat = "told.nobodyHears"
)

// toldShareEnded stands in for the others when what was shared has no name.
const toldShareEnded ToldWhat = "told.shareEnded"

// Told is something that happened by itself and that the person should know.
type Told struct {
	Number int // grows with each; 0: nothing was told yet
	What   ToldWhat
	Name   string
	Uses   string // what is used instead
	Codec  string // that does not open; the name is the call's then
}

// toldTime is how long something told stays on the screen.
const toldTime = 8 * time.Second

// todo is what to do about a codec that does not open.
func (t Told) todo() string {
	key := "told.codec"
	if t.What == ToldNotHeard || t.What == ToldNobodyHears {
		key = "told.codec.sound"
	}
	return text.T(key, text.D{"Codec": strings.ToUpper(shorten(t.Codec))})
}

func (t Told) notice() widget.Notice {
	what := t.What
	if t.Name == "" && (what == ToldShareClosed || what == ToldShareGone) {
		what = toldShareEnded
	}
	n := widget.Notice{Level: widget.Warning, Title: text.T(string(what), text.D{"Name": shorten(t.Name), "Uses": shorten(t.Uses)})}
	if t.Codec != "" {
		n.Text = t.todo()
	}
	switch t.What {
	case ToldCameraBack, ToldMicrophoneBack, ToldSpeakerBack, ToldCameraNew, ToldMicrophoneNew, ToldShareResumed:
		n.Level = widget.Info
	}
	return n
}
