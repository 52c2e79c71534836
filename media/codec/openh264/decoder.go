package openh264

/*
#cgo noescape parley_h264_decoder_decode
#cgo nocallback parley_h264_decoder_decode
#cgo noescape parley_h264_decoder_new
#cgo nocallback parley_h264_decoder_new
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

type decoder struct {
	c      *C.parley_h264_decoder
	closed bool
	stale  bool // OpenH264 failed: a fresh decoder at the next key frame, whatever state that one is in
	// needKey waits for an IDR picture: at the start, and after an error.
	needKey bool
	out     picture.Copier
}

var (
	errEmpty    = errors.New("openh264: empty unit")
	errTooLarge = fmt.Errorf("openh264: picture too large: %w", codec.ErrNeedKeyFrame)
	errFormat   = fmt.Errorf("openh264: not 4:2:0 with 8 bits: %w", codec.ErrNeedKeyFrame)
)

func newDecoder() (*decoder, error) {
	d := &decoder{needKey: true}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *decoder) open() error {
	var rc C.int
	if d.c = C.parley_h264_decoder_new(&rc); d.c == nil {
		return fmt.Errorf("openh264: decoder: code %#x", int(rc))
	}
	d.stale = false
	return nil
}

func (d *decoder) Decode(data []byte) (*video.Frame, error) {
	if d.closed {
		return nil, errClosed
	}
	if len(data) == 0 {
		return nil, errEmpty
	}
	if d.needKey && !codec.IsKeyFrame("H264", data) && (codec.H264Picture(data) || !codec.IsAnnexB(data)) {
		return nil, codec.ErrNeedKeyFrame // parameter sets alone go on: the key frame needs them
	}
	if codec.TooLarge("H264", data) {
		d.needKey = true
		return nil, errTooLarge
	}
	if d.stale || d.c == nil {
		d.free()
		if err := d.open(); err != nil {
			return nil, err
		}
	}
	p := C.parley_h264_decoder_decode(d.c, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	switch {
	case p.rc != 0:
		return nil, d.fail(fmt.Errorf("openh264: decode: code %#x: %w", int(p.rc), codec.ErrNeedKeyFrame))
	case p.ready == 0:
		return nil, nil
	case p.format == 0:
		return nil, d.fail(errFormat)
	}
	d.needKey = false
	f, err := d.out.Frame(int(p.width), int(p.height), unsafe.Pointer(p.y), unsafe.Pointer(p.u), unsafe.Pointer(p.v),
		int(p.stride_y), int(p.stride_uv))
	if err != nil {
		return nil, d.fail(fmt.Errorf("openh264: %w: %w", err, codec.ErrNeedKeyFrame))
	}
	return f, nil
}

func (d *decoder) fail(err error) error {
	d.needKey, d.stale = true, true
	return err
}

func (d *decoder) free() {
	if d.c != nil {
		C.parley_h264_decoder_free(d.c)
		d.c = nil
	}
}

func (d *decoder) Close() error {
	d.free()
	d.closed = true
	return nil
}
