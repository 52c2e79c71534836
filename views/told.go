package views

import (
	"time"

	"parley/views/text"
	"parley/views/widget"
)

// ToldWhat says what happened; the values are the keys of their words, in which Name stands for the thing's name.
type ToldWhat string

// What is told.
const (
	ToldShareClosed    ToldWhat = "told.shareClosed"
	ToldShareGone      ToldWhat = "told.shareGone"
	ToldCameraGone     ToldWhat = "told.cameraGone"
	ToldCameraBack     ToldWhat = "told.cameraBack"
	ToldMicrophoneGone ToldWhat = "told.microphoneGone"
	ToldMicrophoneBack ToldWhat = "told.microphoneBack"
	ToldSpeakerGone    ToldWhat = "told.speakerGone"
	ToldSpeakerBack    ToldWhat = "told.speakerBack"
)

// Told is something that happened by itself and that the person should know.
type Told struct {
	Number int // grows with each; 0: nothing was told yet
	What   ToldWhat
	Name   string
}

// toldTime is how long something told stays on the screen.
const toldTime = 8 * time.Second

func (t Told) notice() widget.Notice {
	n := widget.Notice{Level: widget.Warning, Title: text.T(string(t.What), text.D{"Name": shorten(t.Name)})}
	switch t.What {
	case ToldCameraBack, ToldMicrophoneBack, ToldSpeakerBack:
		n.Level = widget.Info
	}
	return n
}
