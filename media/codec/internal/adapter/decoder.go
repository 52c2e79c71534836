package adapter

import (
	"errors"
	"fmt"

	"parley/media/codec"
	"parley/media/video"
)

// ErrTooLarge means that a unit declares a picture beyond codec.MaxPixels or codec.MaxSide; no library has seen it.
var ErrTooLarge = errors.New("picture too large")

var (
	errEmpty  = errors.New("empty unit")
	errFormat = errors.New("not 4:2:0 with 8 bits")
)

// Library is a library's decoder.
type Library interface {
	// Decode gives the newest picture of a unit; one without planes when there is none. After an error the library is
	// freed.
	Decode(data []byte) (Picture, error)
	Free()
}

// decoder makes a codec.VideoDecoder of a library's. A library that has met broken input is thrown away, whatever state it
// is in; a fresh one starts at the next key frame, and until then nothing reaches it.
type decoder struct {
	library, codec string
	open           func() (Library, error)
	opened         Library // nil before a key frame that follows an error
	closed         bool
	needKey        bool // at the start, and after an error
	out            copier
}

// NewDecoder opens a library for a codec (MIME subtype in capitals).
func NewDecoder(library, name string, open func() (Library, error)) (codec.VideoDecoder, error) {
	d := &decoder{library: library, codec: name, open: open, needKey: true}
	if err := d.reopen(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *decoder) reopen() (err error) {
	if d.opened, err = d.open(); err != nil {
		d.opened = nil
		return fmt.Errorf("%s: %s decoder: %w", d.library, d.codec, err)
	}
	return nil
}

// Decode as codec.VideoDecoder. Headers are read before the library sees them.
func (d *decoder) Decode(data []byte) (*video.Frame, error) {
	key := d.needKey && codec.IsKeyFrame(d.codec, data)
	switch {
	case d.closed:
		return nil, fmt.Errorf("%s: %w", d.library, errClosed)
	case len(data) == 0:
		return nil, fmt.Errorf("%s: %w", d.library, errEmpty)
	case d.needKey && !key && !(d.codec == "H264" && codec.H264Parameters(data)):
		return nil, codec.ErrNeedKeyFrame
	case codec.TooLarge(d.codec, data):
		d.needKey = true
		return nil, fmt.Errorf("%s: %w: %w", d.library, ErrTooLarge, codec.ErrNeedKeyFrame)
	}
	if d.opened == nil {
		if err := d.reopen(); err != nil {
			return nil, err
		}
	}
	p, err := d.opened.Decode(data)
	if err != nil {
		return nil, d.fail(err)
	}
	if key {
		d.needKey = false
	}
	if p.Y == nil {
		return nil, nil // parameter sets, or a frame that is not shown
	}
	if !p.I420 {
		return nil, d.fail(errFormat)
	}
	f, err := d.out.frame(&p)
	if err != nil {
		return nil, d.fail(err)
	}
	return f, nil
}

// Quantizer as codec.Quantizing.
func (d *decoder) Quantizer() int {
	if q, ok := d.opened.(codec.Quantizing); ok {
		return q.Quantizer()
	}
	return -1
}

func (d *decoder) fail(err error) error {
	d.free()
	d.needKey = true
	return fmt.Errorf("%s: decode %s: %w: %w", d.library, d.codec, err, codec.ErrNeedKeyFrame)
}

func (d *decoder) free() {
	if d.opened != nil {
		d.opened.Free()
		d.opened = nil
	}
}

// Close as codec.VideoDecoder.
func (d *decoder) Close() error {
	d.free()
	d.closed = true
	return nil
}
