// Package adapter is what the adapters of all video libraries have in common: limits of what is asked, the clock of the
// pictures, a new encoder for a new size, a fresh decoder after an error, and pictures brought out of a library's memory.
// An adapter adds how its library is called.
package adapter

import (
	"errors"
	"fmt"
	"time"

	"parley/media/codec"
	"parley/media/video"
)

var errClosed = errors.New("codec is closed")

// Coder is a library's encoder for pictures of one size.
type Coder interface {
	// Encode appends the coded frame to dst. at is the time since the coder's first picture; dst comes back as it was with
	// an error, and when rate control left the picture out.
	Encode(dst []byte, f *video.Frame, at, duration time.Duration, key bool) (data []byte, isKey bool, err error)
	// SetRate in bit/s and frames a second, without a key frame.
	SetRate(bitrate int, frameRate float64) error
	Free()
}

// encoder makes a codec.VideoEncoder of a library's coders.
type encoder struct {
	library string
	open    func(codec.VideoConfig) (Coder, error)
	coder   Coder // nil once closed
	config  codec.VideoConfig
	clock   clock
}

// NewEncoder opens a coder for the configuration, brought into its limits.
func NewEncoder(library string, config codec.VideoConfig, open func(codec.VideoConfig) (Coder, error)) (codec.VideoEncoder, error) {
	e := &encoder{library: library, open: open}
	if err := e.use(config); err != nil {
		return nil, err
	}
	return e, nil
}

// use opens a coder for a configuration in the place of the one there is, which stays if that fails.
func (e *encoder) use(config codec.VideoConfig) error {
	err := check(&config)
	if err != nil {
		return e.failed("open", err)
	}
	coder, err := e.open(config)
	if err != nil {
		return e.failed(fmt.Sprintf("encoder for %dx%d", config.Width, config.Height), err)
	}
	if e.coder != nil {
		e.coder.Free()
	}
	e.coder, e.config, e.clock = coder, config, clock{}
	return nil
}

// Encode as codec.VideoEncoder. A new size always gets a new coder: VP8 cannot grow past its first size, and one rule for
// all is simpler than several.
func (e *encoder) Encode(dst []byte, f *video.Frame, forceKey bool) (data []byte, key bool, err error) {
	if e.coder == nil {
		return dst, false, e.failed("encode", errClosed)
	}
	if err := f.Check(); err != nil {
		return dst, false, e.failed("encode", err)
	}
	if f.Width != e.config.Width || f.Height != e.config.Height {
		config := e.config
		config.Width, config.Height = f.Width, f.Height
		if err := e.use(config); err != nil {
			return dst, false, err
		}
	}
	at, duration := e.clock.next(f.Captured, e.config.FrameRate)
	data, key, err = e.coder.Encode(dst, f, at, duration, forceKey)
	if err != nil {
		return dst, false, e.failed(fmt.Sprintf("encode %dx%d", f.Width, f.Height), err)
	}
	return data, key, nil
}

// SetRate as codec.VideoEncoder.
func (e *encoder) SetRate(bitrate int, frameRate float64) error {
	if e.coder == nil {
		return e.failed("set rate", errClosed)
	}
	config := e.config
	config.Bitrate, config.FrameRate = bitrate, frameRate
	err := check(&config)
	if err == nil {
		e.config = config
		err = e.coder.SetRate(config.Bitrate, config.FrameRate)
	}
	if err != nil {
		return e.failed(fmt.Sprintf("set rate %d bit/s", config.Bitrate), err)
	}
	return nil
}

// Close as codec.VideoEncoder.
func (e *encoder) Close() error {
	if e.coder != nil {
		e.coder.Free()
		e.coder = nil
	}
	return nil
}

// Quantizer as codec.Quantizing.
func (e *encoder) Quantizer() int {
	if q, ok := e.coder.(codec.Quantizing); ok {
		return q.Quantizer()
	}
	return -1
}

func (e *encoder) failed(doing string, err error) error {
	return fmt.Errorf("%s: %s: %w", e.library, doing, err)
}
