// Package audio plays sound: the mixer, the playback device (malgo, or a clock where there is no sound card) and the
// adaptive jitter buffer of a remote stream. Everything is 48 kHz interleaved 16-bit PCM in 10 ms frames.
package audio

// Input is something the mixer pulls from: a remote stream's jitter buffer, a ringtone.
type Input interface {
	// Read fills pcm (stereo, interleaved, len = 2 × samples) completely; silence where there is nothing. It is called
	// every 10 ms by the playback clock and must neither block nor allocate.
	Read(pcm []int16)
}
