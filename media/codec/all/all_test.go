package all

import (
	"slices"
	"testing"

	"parley/media/codec"
)

// TestEverythingIsRegistered, in the order of offers.
func TestEverythingIsRegistered(t *testing.T) {
	var video, audio []string
	for _, a := range codec.VideoAdapters() {
		video = append(video, a.Name)
		if a.NewDecoder == nil || a.NewEncoder == nil || a.Decoder == "" || a.Encoder == "" {
			t.Errorf("%s lacks a direction", a.Name)
		}
	}
	for _, a := range codec.AudioAdapters() {
		audio = append(audio, a.Name)
	}
	if want := []string{"VP8", "H264", "VP9", "AV1"}; !slices.Equal(video, want) {
		t.Errorf("video %v, want %v", video, want)
	}
	if want := []string{"opus", "G722", "PCMU", "PCMA"}; !slices.Equal(audio, want) {
		t.Errorf("audio %v, want %v", audio, want)
	}
}
