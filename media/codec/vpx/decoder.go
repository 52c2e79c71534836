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
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/adapter"
)

var errCorrupted = errors.New("corrupted frame")

// library is libvpx's decoder of one codec.
type library struct {
	c         *C.parley_vpx_decoder
	quantizer int
}

func newDecoder(vp9 bool) (codec.VideoDecoder, error) {
	name, kind := "VP8", C.int(0)
	if vp9 {
		name, kind = "VP9", 1
	}
	return adapter.NewDecoder("vpx", name, func() (adapter.Library, error) {
		var rc C.int
		c := C.parley_vpx_decoder_new(kind, &rc)
		if c == nil {
			return nil, failure(rc)
		}
		return &library{c, -1}, nil
	})
}

// Decode as adapter.Library.
func (l *library) Decode(data []byte) (adapter.Picture, error) {
	p := C.parley_vpx_decoder_decode(l.c, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	switch {
	case p.rc != 0:
		return adapter.Picture{}, failure(p.rc)
	case p.corrupted != 0:
		return adapter.Picture{}, errCorrupted
	}
	l.quantizer = int(p.quantizer)
	return adapter.Picture{
		I420: p.i420 != 0, Width: int(p.width), Height: int(p.height),
		Y: unsafe.Pointer(p.y), U: unsafe.Pointer(p.u), V: unsafe.Pointer(p.v),
		StrideY: int(p.stride_y), StrideUV: int(p.stride_uv),
	}, nil
}

// Quantizer as codec.Quantizing.
func (l *library) Quantizer() int { return l.quantizer }

// Free as adapter.Library.
func (l *library) Free() { C.parley_vpx_decoder_free(l.c) }

// failure is what libvpx says of a code.
func failure(rc C.int) error { return errors.New(C.GoString(C.parley_vpx_error(rc))) }
