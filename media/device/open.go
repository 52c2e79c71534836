package device

import (
	"fmt"
	"path/filepath"
	"strings"
)

// VideoOptions are what a caller wishes of a video source. Files keep their own size and rate, screens their size.
type VideoOptions struct {
	Width, Height int     // pixels; 0: the source's choice (1280×720 where it is free)
	FPS           float64 // frames a second; 0: 30
	Text          string  // drawn into a pattern
	Border        bool    // a frame on the desktop around a window or region that is captured
	// Paused is told when a window that is captured is minimised, and when it is back (ScreenOptions).
	Paused func(paused bool)
}

// OpenVideo understands the command line's words: none (nil without an error), pattern, FILE.y4m, a camera's name ("" or
// "default" is the first camera), and what can be shared: screen, screen:MONITOR, window:TITLE, window:0xNUMBER,
// region:WxH+X+Y, portal. On a Wayland desktop screen means portal too. Errors: ErrNotFound, ErrUnavailable, ErrClosed,
// ErrCancelled, ErrNoPortal, of the file system, and of the format.
func OpenVideo(word string, o VideoOptions) (VideoSource, error) {
	switch {
	case word == "none":
		return nil, nil
	case word == "pattern":
		p, err := NewPattern(PatternOptions{Width: o.Width, Height: o.Height, FPS: o.FPS, Text: orElse(o.Text, "Parley"), Stamp: true})
		if err != nil {
			return nil, err
		}
		return p, nil
	case IsScreenWord(word):
		so, err := screenOptions(word)
		if err != nil {
			return nil, err
		}
		so.FPS, so.Border, so.Paused = o.FPS, o.Border, o.Paused
		s, err := NewScreen(so)
		if err != nil {
			return nil, err
		}
		return s, nil
	case strings.EqualFold(filepath.Ext(word), ".y4m"):
		f, err := OpenVideoFile(word)
		if err != nil {
			return nil, err
		}
		return f, nil
	case looksLikeFile(word):
		return nil, fmt.Errorf("video file %s: only .y4m files are played", word)
	}
	c, err := NewCamera(word, o)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// OpenAudio understands the command line's words: none (nil without an error), tone, FILE.wav, or a microphone's name; ""
// or "default" is the system's. Errors: ErrNotFound, ErrUnavailable, of the file system, and of the format. Those of a
// microphone come with Start.
func OpenAudio(word string) (AudioSource, error) {
	switch {
	case word == "none":
		return nil, nil
	case word == "tone":
		return NewTone(0, 0), nil
	case strings.EqualFold(filepath.Ext(word), ".wav"):
		f, err := OpenAudioFile(word)
		if err != nil {
			return nil, err
		}
		return f, nil
	case looksLikeFile(word):
		return nil, fmt.Errorf("audio file %s: only .wav files are played", word)
	}
	return NewMicrophone(word), nil
}

// StandIn is what stands in for a camera or a microphone.
type StandIn int

// What there is.
const (
	NoStandIn      StandIn = iota // the word names a device
	StandInPattern                // a moving test picture
	StandInTone
	StandInFile
	StandInScreen
)

// StandInOf tells what a word of OpenVideo or OpenAudio stands for.
func StandInOf(word string) StandIn {
	switch {
	case word == "pattern":
		return StandInPattern
	case word == "tone":
		return StandInTone
	case IsScreenWord(word):
		return StandInScreen
	case looksLikeFile(word):
		return StandInFile
	}
	return NoStandIn
}

// isCameraWord tells a camera's name from everything else that OpenVideo understands.
func isCameraWord(word string) bool {
	return word != "none" && word != "pattern" && !IsScreenWord(word) && !looksLikeFile(word)
}

// looksLikeFile tells a mistyped file from a device's name, so that the error speaks of what was meant.
func looksLikeFile(word string) bool {
	switch strings.ToLower(filepath.Ext(word)) {
	case ".mp4", ".mkv", ".webm", ".avi", ".mov", ".y4m", ".wav", ".mp3", ".ogg", ".opus", ".flac", ".m4a":
		return true
	}
	return false
}
