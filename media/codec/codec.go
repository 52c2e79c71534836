// Package codec holds the interfaces of audio and video codecs and their registry. Adapters live in folders below and
// register themselves through Register; media/codec/all imports every adapter this build has.
package codec

import (
	"errors"

	"parley/media/video"
)

// ErrUnsupported means that no adapter in this build offers the codec.
var ErrUnsupported = errors.New("codec not supported by this build")

// ErrNeedKeyFrame is what a video decoder returns when it can go on only from a key frame: the caller asks the sender
// for one (PLI) and keeps feeding.
var ErrNeedKeyFrame = errors.New("decoder needs a key frame")

// VideoConfig of an encoder.
type VideoConfig struct {
	Width, Height int     // pixels, even
	FrameRate     float64 // frames a second, the nominal rate
	Bitrate       int     // bit/s
	Screen        bool    // screen content: sharp text, still pictures
	// MaxPayload > 0 asks for slices of at most so many bytes (H264 packetization mode 0); others ignore it.
	MaxPayload int
}

// VideoEncoder turns frames into access units. Not for concurrent use.
type VideoEncoder interface {
	// Encode appends the coded frame to dst and returns it. An empty result without an error means the encoder dropped the
	// frame (rate control). A frame of another size than configured reconfigures the encoder, beginning with a key frame.
	// H264 comes as Annex B.
	Encode(dst []byte, f *video.Frame, forceKey bool) (data []byte, key bool, err error)
	// SetRate changes bitrate (bit/s) and nominal frame rate without a key frame.
	SetRate(bitrate int, frameRate float64) error
	Close() error
}

// VideoDecoder turns access units into frames. Not for concurrent use.
type VideoDecoder interface {
	// Decode returns a frame with one reference for the caller, nil when the unit gives no picture. Broken input returns
	// an error and never panics; after ErrNeedKeyFrame the next key frame decodes again. H264 takes Annex B.
	Decode(data []byte) (*video.Frame, error)
	Close() error
}

// Quantizing is what a VideoEncoder or VideoDecoder is besides, when it can tell how coarse pictures are.
type Quantizing interface {
	// Quantizer of the picture that was coded last, in the codec's own scale (VP8 0 to 127, VP9 0 to 255, H264 0 to 51);
	// negative when it is not known.
	Quantizer() int
}

// AudioEncoder turns interleaved 16-bit PCM into packets. Not for concurrent use.
type AudioEncoder interface {
	// Encode appends one packet for pcm (a whole frame of FrameSamples × Channels values) to dst. An empty result means
	// nothing need be sent (DTX).
	Encode(dst []byte, pcm []int16) ([]byte, error)
	// SetBitrate in bit/s; SetLoss tells the expected loss, 0 to 1, for in-band FEC. Codecs without them ignore both.
	SetBitrate(bitrate int)
	SetLoss(fraction float64)
	Close() error
}

// AudioDecoder turns packets into interleaved 16-bit PCM. Not for concurrent use.
type AudioDecoder interface {
	// Decode writes the packet's samples to pcm and returns how many a channel.
	Decode(pcm []int16, packet []byte) (samples int, err error)
	// Conceal fills samples a channel for a lost packet. next, when not nil, is the packet after the lost one, whose
	// in-band FEC may hold the lost one's content.
	Conceal(pcm []int16, samples int, next []byte) error
	Close() error
}

// Redundancy is what those audio decoders offer whose packets may hold the packet before them as well.
type Redundancy interface {
	// Redundant tells whether Conceal, given this packet as next, finds the lost content in it and need not invent any.
	Redundant(packet []byte) bool
}

// AudioConfig of an encoder or decoder.
type AudioConfig struct {
	SampleRate int // Hz
	Channels   int
	Bitrate    int // bit/s, 0 is the codec's default
	FEC        bool
	DTX        bool
	Music      bool // shared audio: no voice tricks
}
