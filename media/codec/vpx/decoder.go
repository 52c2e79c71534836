package vpx

/*
#cgo noescape parley_vpx_decoder_decode
#cgo nocallback parley_vpx_decoder_decode
#cgo noescape parley_vpx_decoder_new
#cgo nocallback parley_vpx_decoder_new
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
	c     *C.parley_vpx_decoder
	vp9   bool
	name  string
	stale bool // libvpx failed: a fresh decoder at the next key frame, whatever state that one is in
	out   picture.Copier
	// needKey waits for a key frame: at the start, and after an error.
	needKey bool
}

var (
	errEmpty     = errors.New("vpx: empty unit")
	errTooLarge  = fmt.Errorf("vpx: picture too large: %w", codec.ErrNeedKeyFrame)
	errFormat    = fmt.Errorf("vpx: not 4:2:0 with 8 bits: %w", codec.ErrNeedKeyFrame)
	errCorrupted = fmt.Errorf("vpx: corrupted frame: %w", codec.ErrNeedKeyFrame)
)

func newDecoder(vp9 bool) (*decoder, error) {
	d := &decoder{vp9: vp9, name: "VP8", needKey: true}
	if vp9 {
		d.name = "VP9"
	}
	if err := d.open(); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *decoder) open() error {
	vp9 := C.int(0)
	if d.vp9 {
		vp9 = 1
	}
	var rc C.int
	if d.c = C.parley_vpx_decoder_new(vp9, &rc); d.c == nil {
		return fmt.Errorf("vpx: %s decoder: %s", d.name, C.GoString(C.parley_vpx_error(rc)))
	}
	d.stale = false
	return nil
}

func (d *decoder) Decode(data []byte) (*video.Frame, error) {
	switch {
	case d.c == nil && !d.stale:
		return nil, errClosed
	case len(data) == 0:
		return nil, errEmpty
	case d.needKey && !codec.IsKeyFrame(d.name, data):
		return nil, codec.ErrNeedKeyFrame
	case codec.TooLarge(d.name, data):
		d.needKey = true
		return nil, errTooLarge
	}
	if d.stale {
		if d.c != nil {
			C.parley_vpx_decoder_free(d.c)
			d.c = nil
		}
		if err := d.open(); err != nil {
			return nil, err
		}
	}
	p := C.parley_vpx_decoder_decode(d.c, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	switch {
	case p.rc != 0:
		what := C.GoString(C.parley_vpx_error(p.rc))
		return nil, d.fail(fmt.Errorf("vpx: decode %s: %s: %w", d.name, what, codec.ErrNeedKeyFrame))
	case p.corrupted != 0:
		return nil, d.fail(errCorrupted)
	case p.format == 0:
		return nil, d.fail(errFormat)
	}
	d.needKey = false
	if p.format < 0 {
		return nil, nil // a frame that is not shown
	}
	f, err := d.out.Frame(int(p.width), int(p.height), unsafe.Pointer(p.y), unsafe.Pointer(p.u), unsafe.Pointer(p.v),
		int(p.stride_y), int(p.stride_uv))
	if err != nil {
		return nil, d.fail(fmt.Errorf("vpx: %w: %w", err, codec.ErrNeedKeyFrame))
	}
	return f, nil
}

func (d *decoder) fail(err error) error {
	d.needKey, d.stale = true, true
	return err
}

func (d *decoder) Close() error {
	if d.c != nil {
		C.parley_vpx_decoder_free(d.c)
		d.c = nil
	}
	d.stale = false
	return nil
}
