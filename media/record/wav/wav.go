// Package wav reads and writes RIFF WAVE files: PCM of 8, 16, 24 and 32 bits and IEEE float, any rate and number of
// channels on reading; 16-bit PCM on writing.
package wav

import (
	"errors"
	"time"
)

// ErrFormat means that the file is not one this package reads.
var ErrFormat = errors.New("not a readable WAVE file")

// Format tags (mmreg.h).
const (
	tagPCM        = 0x0001
	tagFloat      = 0x0003
	tagExtensible = 0xFFFE
)

// Limits of what a header may claim.
const (
	minRate     = 1000   // Hz
	maxRate     = 384000 // Hz
	maxChannels = 32
	maxFmtChunk = 4096 // bytes
)

// Format of the samples in a file.
type Format struct {
	SampleRate int // Hz
	Channels   int
	Bits       int // a sample
	Float      bool
}

// Duration of so many samples a channel.
func (f Format) Duration(samples int64) time.Duration {
	return time.Duration(float64(samples) / float64(f.SampleRate) * float64(time.Second))
}
