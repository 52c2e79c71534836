package audio

// Processing says what is done to a microphone's sound.
type Processing struct {
	Echo  bool // cancel what the speakers play
	Noise bool // suppress steady noise
	Gain  bool // bring voices to one loudness
}

// Processor improves the microphone's sound: echo cancellation, noise suppression, automatic gain. media/audio/apm holds
// the one Parley ships. ProcessCapture and ProcessRender may run on two goroutines at once, and SetProcessing on a third.
type Processor interface {
	// ProcessCapture changes 10 ms of the microphone's sound in place.
	ProcessCapture(pcm []int16, channels int)
	// ProcessRender tells what the speakers play: 10 ms, stereo. It has the shape of a mixer's tap.
	ProcessRender(pcm []int16)
	// SetProcessing switches the parts on and off while sound goes through; what stays on keeps what it has learnt. After
	// an error all is as before.
	SetProcessing(Processing) error
	// Processing that is done now.
	Processing() Processing
	Close() error
}
