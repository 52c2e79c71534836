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
	"fmt"
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/adapter"
)

func init() {
	codec.RegisterVideo(codec.VideoAdapter{Name: "AV1", Rank: 40, Decoder: "dav1d", NewDecoder: newDecoder})
}

// library is dav1d.
type library struct{ c *C.parley_dav1d_decoder }

func newDecoder() (codec.VideoDecoder, error) { return adapter.NewDecoder("dav1d", "AV1", open) }

func open() (adapter.Library, error) {
	var rc C.int
	c := C.parley_dav1d_decoder_new(codec.MaxPixels, &rc)
	if c == nil {
		return nil, failure(rc)
	}
	return &library{c}, nil
}

// Decode as adapter.Library.
func (l *library) Decode(data []byte) (adapter.Picture, error) {
	p := C.parley_dav1d_decoder_decode(l.c, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	if p.rc != 0 {
		return adapter.Picture{}, failure(p.rc)
	}
	return adapter.Picture{
		I420: p.i420 != 0, Width: int(p.width), Height: int(p.height),
		Y: unsafe.Pointer(p.y), U: unsafe.Pointer(p.u), V: unsafe.Pointer(p.v),
		StrideY: int(p.stride_y), StrideUV: int(p.stride_uv),
	}, nil
}

// Free as adapter.Library.
func (l *library) Free() { C.parley_dav1d_decoder_free(l.c) }

// failure names a code, a negative errno.
func failure(rc C.int) error { return fmt.Errorf("code %d", int(rc)) }
