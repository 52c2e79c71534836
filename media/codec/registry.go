package codec

import (
	"fmt"
	"sort"
	"strings"
	"sync"
)

// VideoAdapter describes one video codec of this build. A nil constructor means that direction is missing.
type VideoAdapter struct {
	Name             string // MIME subtype: "VP8"
	Rank             int    // default order in offers, lower first
	Encoder, Decoder string // the libraries, for statistics
	// Coarse is the quantizer (Quantizing) from which on the encoder's pictures are so coarse that smaller ones look better:
	// near the coarsest that it takes. 0: not known.
	Coarse     int
	NewEncoder func(VideoConfig) (VideoEncoder, error)
	NewDecoder func() (VideoDecoder, error)
}

// AudioAdapter describes one audio codec of this build.
type AudioAdapter struct {
	Name string // MIME subtype: "opus"
	Rank int
	// SampleRate of its sound, ClockRate of its RTP timestamps, Hz: those of G722 count half (RFC 3551, section 4.5.2).
	SampleRate, ClockRate int
	// Implementation is the library, for statistics.
	Implementation string
	NewEncoder     func(AudioConfig) (AudioEncoder, error)
	NewDecoder     func(AudioConfig) (AudioDecoder, error)
}

var registry struct {
	sync.RWMutex
	video map[string]VideoAdapter
	audio map[string]AudioAdapter
}

// RegisterVideo adds an adapter; called from init functions of adapter packages. Of a codec that is there already it adds
// the direction: AV1 is coded by one library and decoded by another.
func RegisterVideo(a VideoAdapter) {
	registry.Lock()
	defer registry.Unlock()
	if registry.video == nil {
		registry.video = map[string]VideoAdapter{}
	}
	name := strings.ToUpper(a.Name)
	have := registry.video[name]
	if a.NewEncoder == nil {
		a.Encoder, a.NewEncoder, a.Coarse = have.Encoder, have.NewEncoder, have.Coarse
	}
	if a.NewDecoder == nil {
		a.Decoder, a.NewDecoder = have.Decoder, have.NewDecoder
	}
	registry.video[name] = a
}

// RegisterAudio adds an adapter; called from init functions of adapter packages.
func RegisterAudio(a AudioAdapter) {
	registry.Lock()
	defer registry.Unlock()
	if registry.audio == nil {
		registry.audio = map[string]AudioAdapter{}
	}
	registry.audio[strings.ToUpper(a.Name)] = a
}

// Video returns the adapter of a codec (MIME subtype, any case) or ErrUnsupported.
func Video(name string) (VideoAdapter, error) {
	registry.RLock()
	defer registry.RUnlock()
	if a, ok := registry.video[strings.ToUpper(name)]; ok {
		return a, nil
	}
	return VideoAdapter{}, fmt.Errorf("video codec %q: %w", name, ErrUnsupported)
}

// Audio returns the adapter of a codec (MIME subtype, any case) or ErrUnsupported.
func Audio(name string) (AudioAdapter, error) {
	registry.RLock()
	defer registry.RUnlock()
	if a, ok := registry.audio[strings.ToUpper(name)]; ok {
		return a, nil
	}
	return AudioAdapter{}, fmt.Errorf("audio codec %q: %w", name, ErrUnsupported)
}

// VideoAdapters lists all, by rank.
func VideoAdapters() []VideoAdapter {
	registry.RLock()
	defer registry.RUnlock()
	list := make([]VideoAdapter, 0, len(registry.video))
	for _, a := range registry.video {
		list = append(list, a)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Rank < list[j].Rank })
	return list
}

// AudioAdapters lists all, by rank.
func AudioAdapters() []AudioAdapter {
	registry.RLock()
	defer registry.RUnlock()
	list := make([]AudioAdapter, 0, len(registry.audio))
	for _, a := range registry.audio {
		list = append(list, a)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Rank < list[j].Rank })
	return list
}
