package main

import (
	"context"
	"encoding/json"
	"os"
	"time"
)

// sample is what a process told at one moment. A room server has no picture.
type sample struct {
	Role string
	At   float64 // seconds since the process began
	holds

	Beeps     int     // heard since the last sample
	Skew      float64 // ms: picture after sound, median of the beeps
	Sound     float64 // ms from mouth to ear, median
	Picture   float64 // ms from drawing to showing, median
	Estimated float64 // ms, Skew as the statistics estimate it
	counts
}

// counts of the whole call so far.
type counts struct {
	Decoded, Dropped, Freezes  float64
	Frozen                     float64 // seconds
	PicturesLost, SoundsLost   float64 // packets
	Samples, Concealed, Silent float64
	Inserted, Removed          float64
}

// say prints one event for the process that orchestrates.
func say(event string, data any) error {
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"t": time.Since(begun).Seconds(), "event": event, "data": data})
}

// tell says a sample as often as wanted, until ctx is over.
func tell(ctx context.Context, look func(*sample)) error {
	ticker := time.NewTicker(*every)
	defer ticker.Stop()
	profile := time.After(*warming)
	for {
		select {
		case <-ctx.Done():
			return writeHeap("end")
		case <-profile:
			if err := writeHeap("begin"); err != nil {
				return err
			}
		case <-ticker.C:
			s := sample{Role: *role, At: time.Since(begun).Seconds(), holds: held()}
			if look != nil {
				look(&s)
			}
			if err := say("sample", s); err != nil {
				return err
			}
		}
	}
}
