package presentation

import (
	"time"

	"parley/connector/rtc"
)

// MaxBitrate of a presentation, bit/s.
const MaxBitrate = 1_000_000

// Options of a start; zero values are the defaults.
type Options struct {
	ContentHint           string // "detail" when empty, "none" for none
	DegradationPreference string
	MaxBitrate            int     // bit/s
	ScaleDown             float64 // divides width and height
	MaxFrameRate          float64 // frames a second
	NoReinvite            bool
	Attempts              int // how often a start that fails is tried in all, RetryDelay apart; 1 when 0 (callLimit)
}

// RetryDelay lies between two attempts of a start.
const RetryDelay = 300 * time.Millisecond

func (r *run) encoding() rtc.Encoding {
	e := rtc.Encoding{MaxBitrate: MaxBitrate, ContentHint: "detail", ScaleDown: r.options.ScaleDown,
		MaxFrameRate:          r.options.MaxFrameRate,
		DegradationPreference: r.options.DegradationPreference}
	if r.options.MaxBitrate > 0 {
		e.MaxBitrate = r.options.MaxBitrate
	}
	switch r.options.ContentHint {
	case "":
	case "none":
		e.ContentHint = ""
	default:
		e.ContentHint = r.options.ContentHint
	}
	return e
}
