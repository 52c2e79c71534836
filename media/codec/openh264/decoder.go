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
	"fmt"
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/adapter"
)

// library is OpenH264's decoder.
type library struct {
	c          *C.parley_h264_decoder
	quantizers codec.H264Quantizer
	quantizer  int
}

func newDecoder() (codec.VideoDecoder, error) {
	return adapter.NewDecoder("openh264", "H264", openLibrary)
}

func openLibrary() (adapter.Library, error) {
	var rc C.int
	c := C.parley_h264_decoder_new(&rc)
	if c == nil {
		return nil, failure(rc)
	}
	return &library{c: c, quantizer: -1}, nil
}

// Decode as adapter.Library.
func (l *library) Decode(data []byte) (adapter.Picture, error) {
	p := C.parley_h264_decoder_decode(l.c, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
	if p.rc != 0 {
		return adapter.Picture{}, failure(p.rc)
	}
	l.quantizer = l.quantizers.Picture(data)
	return adapter.Picture{
		I420: p.i420 != 0, Width: int(p.width), Height: int(p.height),
		Y: unsafe.Pointer(p.y), U: unsafe.Pointer(p.u), V: unsafe.Pointer(p.v),
		StrideY: int(p.stride_y), StrideUV: int(p.stride_uv),
	}, nil
}

// Quantizer as codec.Quantizing.
func (l *library) Quantizer() int { return l.quantizer }

// Free as adapter.Library.
func (l *library) Free() { C.parley_h264_decoder_free(l.c) }

// failure names a code: bits of DECODING_STATE, or one of CM_RETURN.
func failure(rc C.int) error { return fmt.Errorf("code %#x", int(rc)) }
