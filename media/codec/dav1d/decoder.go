// Package dav1d adapts dav1d: it decodes AV1. Units are temporal units of OBUs that carry their sizes.
package dav1d

/*
#cgo pkg-config: dav1d
#cgo CFLAGS: -O2
#cgo noescape parley_dav1d_decoder_decode
#cgo nocallback parley_dav1d_decoder_decode
#cgo noescape parley_dav1d_decoder_new
#cgo nocallback parley_dav1d_decoder_new
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/picture"
	"parley/media/video"
)

func init() {
	codec.RegisterVideo(codec.VideoAdapter{
		Name: "AV1", Rank: 40, Implementation: "dav1d",
		NewDecoder: func() (codec.VideoDecoder, error) { return newDecoder() },
	})
}

var (
	errClosed   = errors.New("dav1d: decoder is closed")
	errEmpty    = errors.New("dav1d: empty unit")
	errTooLarge = fmt.Errorf("dav1d: picture too large: %w", codec.ErrNeedKeyFrame)
	errFormat   = fmt.Errorf("dav1d: not 4:2:0 with 8 bits: %w", codec.ErrNeedKeyFrame)
)

type decoder struct {
	c      *C.parley_dav1d_decoder
	closed bool
	// needKey waits for a key frame: at the start, and after an error.
	needKey bool
	out     picture.Copier
}

func newDecoder() (*decoder, error) {
	d := &decoder{needKey: true}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *decoder) open() error {
	var rc C.int
	if d.c = C.parley_dav1d_decoder_new(codec.MaxPixels, &rc); d.c == nil {
		return fmt.Errorf("dav1d: decoder: code %d", int(rc))
	}
	return nil
}

func (d *decoder) Decode(data []byte) (*video.Frame, error) {
	switch {
	case d.closed:
		return nil, errClosed
	case len(data) == 0:
		return nil, errEmpty
	case d.needKey && !codec.IsKeyFrame("AV1", data):
		return nil, codec.ErrNeedKeyFrame
	case codec.TooLarge("AV1", data):
		d.needKey = true
		return nil, errTooLarge
	}
	if d.c == nil {
		if err := d.open(); err != nil {
			return nil, err
		}
	}
	p := C.parley_dav1d_decoder_decode(d.c, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	switch {
	case p.rc != 0:
		return nil, d.fail(fmt.Errorf("dav1d: decode: code %d: %w", int(p.rc), codec.ErrNeedKeyFrame))
	case p.ready == 0:
		return nil, nil
	case p.format == 0:
		return nil, d.fail(errFormat)
	}
	d.needKey = false
	f, err := d.out.Frame(int(p.width), int(p.height), unsafe.Pointer(p.y), unsafe.Pointer(p.u), unsafe.Pointer(p.v),
		int(p.stride_y), int(p.stride_uv))
	if err != nil {
		return nil, d.fail(fmt.Errorf("dav1d: %w: %w", err, codec.ErrNeedKeyFrame))
	}
	return f, nil
}

// fail drops the decoder, in whatever state it is: the next key frame gets a fresh one.
func (d *decoder) fail(err error) error {
	d.free()
	d.needKey = true
	return err
}

func (d *decoder) free() {
	if d.c != nil {
		C.parley_dav1d_decoder_free(d.c)
		d.c = nil
	}
}

func (d *decoder) Close() error {
	d.free()
	d.closed = true
	return nil
}
