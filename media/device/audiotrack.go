package device

import (
	"slices"
	"sync"

	"parley/connector/rtc"
	"parley/media/audio"
)

// AudioTrack is a local sound: microphone, file or tone (rtc.LocalTrack).
//
// All methods return at once and may be called from any goroutine, except from a tap.
type AudioTrack struct {
	id     string
	keeper keeper[AudioSource]
	meter  audio.Meter

	mu        sync.Mutex // held while a frame goes through, so that a mute is exact
	label     string
	mark      *token
	processor audio.Processor
	speech    audio.SpeechDetector
	speaking  func(bool) // nil: nobody asks
	taps      []*audioTap
	pcm       []int16
}

type audioTap struct{ fn func([]int16, int) }

var _ rtc.LocalTrack = (*AudioTrack)(nil)

// NewAudioTrack starts source and makes a track of it. A nil source with a reopen makes a track that is disabled and
// opens its device when it is enabled first. Errors are the source's: ErrNotFound, ErrUnavailable.
func NewAudioTrack(source AudioSource, reopen func() (AudioSource, error), o TrackOptions) (*AudioTrack, error) {
	t := &AudioTrack{id: orElse(o.ID, "audio"), label: orElse(o.Label, "audio"), processor: o.Processor}
	t.keeper = keeper[AudioSource]{lost: o.Lost, logger: o.Logger, reopen: reopen, start: t.start}
	var first *AudioSource
	if source != nil {
		first = &source
		t.label = orElse(o.Label, source.Label())
	}
	if err := t.keeper.begin(first); err != nil {
		return nil, err
	}
	return t, nil
}

// OpenAudioTrack makes a track of a device word (see OpenAudio). nil without an error: the word is "none".
func OpenAudioTrack(word string, o TrackOptions) (*AudioTrack, error) {
	source, err := OpenAudio(word)
	if err != nil || source == nil {
		return nil, err
	}
	if _, isMicrophone := source.(*Microphone); !isMicrophone {
		o.Processor = nil
	}
	return NewAudioTrack(source, func() (AudioSource, error) { return OpenAudio(word) }, o)
}

func (t *AudioTrack) start(source AudioSource, mark *token) error {
	t.mu.Lock()
	t.mark = mark
	t.mu.Unlock()
	channels := source.Channels()
	return source.Start(
		func(pcm []int16) { t.put(pcm, channels, mark) },
		func(err error) { t.keeper.fail(mark, err) })
}

func (t *AudioTrack) put(pcm []int16, channels int, mark *token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mark != mark {
		return
	}
	t.pcm = append(t.pcm[:0], pcm...)
	if t.processor != nil {
		// Also while muted: the canceller must not lose the room it has learnt.
		t.processor.ProcessCapture(t.pcm, channels)
	}
	t.meter.Add(t.pcm)
	if !t.keeper.isEnabled() {
		if speaking, changed := t.speech.Add(t.pcm); changed && t.speaking != nil {
			t.speaking(speaking)
		}
		clear(t.pcm)
	}
	for _, tap := range t.taps {
		tap.fn(t.pcm, channels)
	}
}

// Tap calls fn with every 10 ms of sound (interleaved 48 kHz, 1 or 2 channels, which may change with the source; valid
// until fn returns) until cancel. A disabled track gives silence. fn must be quick and must not call the track.
func (t *AudioTrack) Tap(fn func(pcm []int16, channels int)) (cancel func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tap := &audioTap{fn}
	t.taps = append(t.taps, tap)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.taps = slices.DeleteFunc(t.taps, func(other *audioTap) bool { return other == tap })
	}
}

// OnSpeakingWhileMuted sets who is told when someone begins to speak, or no longer speaks, while the track is disabled:
// true after a third of a second of voice, false 2 s after the last one and when the track is enabled again. nil tells
// nobody. fn must be quick and must not call the track.
func (t *AudioTrack) OnSpeakingWhileMuted(fn func(speaking bool)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.speaking = fn
}

// Level is how loud the microphone is, 0 to 1, also while the track is disabled.
func (t *AudioTrack) Level() float64 { return t.meter.Level() }

// SetProcessor puts echo cancellation and the like into the path; nil takes it out. The processor stays the caller's to
// close, after it was replaced.
func (t *AudioTrack) SetProcessor(p audio.Processor) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.processor = p
}

// ID as rtc.Track.
func (t *AudioTrack) ID() string { return t.id }

// Kind as rtc.Track.
func (t *AudioTrack) Kind() rtc.Kind { return rtc.Audio }

// Label as rtc.Track.
func (t *AudioTrack) Label() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.label
}

// Ended as rtc.Track.
func (t *AudioTrack) Ended() <-chan struct{} { return t.keeper.ended }

// Released is closed when the device was given back, some time after Stop.
func (t *AudioTrack) Released() <-chan struct{} { return t.keeper.done }

// Enabled as rtc.LocalTrack.
func (t *AudioTrack) Enabled() bool { return t.keeper.isEnabled() }

// SetEnabled as rtc.LocalTrack: after SetEnabled(false) returned, taps get silence only. The device stays open.
func (t *AudioTrack) SetEnabled(enabled bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keeper.setEnabled(enabled)
	if t.speech.Reset() && t.speaking != nil {
		t.speaking(false)
	}
}

// SetSource puts another source, not started yet, behind the track. The old source is closed first.
func (t *AudioTrack) SetSource(source AudioSource, reopen func() (AudioSource, error)) {
	t.mu.Lock()
	t.label = source.Label()
	t.mu.Unlock()
	t.keeper.setSource(source, reopen)
}

// Settings as rtc.LocalTrack: zeros.
func (t *AudioTrack) Settings() rtc.Settings { return rtc.Settings{} }

// Stop as rtc.LocalTrack.
func (t *AudioTrack) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark = nil
	t.keeper.stop()
	t.meter.Reset()
}
