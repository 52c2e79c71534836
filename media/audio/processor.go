package audio

// Processor improves the microphone's sound: echo cancellation, noise suppression, automatic gain. media/audio/apm holds
// the one Parley ships. ProcessCapture and ProcessRender may run on two goroutines at once.
type Processor interface {
	// ProcessCapture changes 10 ms of the microphone's sound in place.
	ProcessCapture(pcm []int16, channels int)
	// ProcessRender tells what the speakers play: 10 ms, stereo. It has the shape of a mixer's tap.
	ProcessRender(pcm []int16)
	Close() error
}
