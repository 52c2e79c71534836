package views

import (
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
)

// toldShareEnded stands in for the others when what was shared has no name.
const toldShareEnded ToldWhat = "told.shareEnded"

// Told is something that happened by itself and that the person should know.
type Told struct {
	Number int // grows with each; 0: nothing was told yet
	What   ToldWhat
	Name   string
	Uses   string // what is used instead
}

// toldTime is how long something told stays on the screen.
const toldTime = 8 * time.Second

func (t Told) notice() widget.Notice {
	what := t.What
	if t.Name == "" && (what == ToldShareClosed || what == ToldShareGone) {
		what = toldShareEnded
	}
	n := widget.Notice{Level: widget.Warning, Title: text.T(string(what), text.D{"Name": shorten(t.Name), "Uses": shorten(t.Uses)})}
	switch t.What {
	case ToldCameraBack, ToldMicrophoneBack, ToldSpeakerBack, ToldCameraNew, ToldMicrophoneNew, ToldShareResumed:
		n.Level = widget.Info
	}
	return n
}
