// Package openh264 adapts OpenH264: H264 constrained baseline, both ways, as Annex B access units. Pictures lie between
// 16×16 and the 9 437 184 pixels of level 5.2.
package openh264

/*
#cgo pkg-config: openh264
#cgo CFLAGS: -O2
#cgo noescape parley_h264_encoder_encode
#cgo nocallback parley_h264_encoder_encode
#cgo noescape parley_h264_encoder_take
#cgo nocallback parley_h264_encoder_take
#cgo nocallback parley_h264_encoder_rate
#cgo noescape parley_h264_encoder_new
#cgo nocallback parley_h264_encoder_new
#include "shim.h"
*/
import "C"

import (
	"slices"
	"time"
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/adapter"
	"parley/media/video"
)

func init() {
	codec.RegisterVideo(codec.VideoAdapter{
		Name: "H264", Rank: 20, Coarse: 37, // of 51
		Encoder: "openh264", Decoder: "openh264", NewEncoder: newEncoder, NewDecoder: newDecoder,
	})
}

// minPayload is the smallest slice asked for: OpenH264 refuses limits that one macroblock may exceed.
const minPayload = 500

// coder is OpenH264's encoder for one size.
type coder struct {
	c *C.parley_h264_encoder
	// OpenH264 says 0 of every picture: the quantizer is read from what it made.
	quantizers codec.H264Quantizer
	quantizer  int
}

func newEncoder(config codec.VideoConfig) (codec.VideoEncoder, error) {
	if config.MaxPayload > 0 {
		config.MaxPayload = max(config.MaxPayload, minPayload)
	}
	return adapter.NewEncoder("openh264", config, open)
}

func open(config codec.VideoConfig) (adapter.Coder, error) {
	settings := C.parley_h264_settings{
		// H264 crops in steps of two: an odd column or row is left out.
		width: C.int(config.Width &^ 1), height: C.int(config.Height &^ 1),
		bitrate:     C.int(config.Bitrate),
		frame_rate:  C.double(config.FrameRate),
		threads:     C.int(adapter.Threads(config.Width, config.Height)),
		max_payload: C.int(config.MaxPayload),
	}
	if config.Screen {
		settings.screen = 1
	}
	var rc C.int
	c := C.parley_h264_encoder_new(settings, &rc)
	if c == nil {
		return nil, failure(rc)
	}
	return &coder{c: c, quantizer: -1}, nil
}

// Encode as adapter.Coder.
func (e *coder) Encode(dst []byte, f *video.Frame, at, _ time.Duration, forceKey bool) (data []byte, key bool, err error) {
	force := C.int(0)
	if forceKey {
		force = 1
	}
	r := C.parley_h264_encoder_encode(e.c,
		(*C.uint8_t)(unsafe.SliceData(f.Y)), (*C.uint8_t)(unsafe.SliceData(f.U)), (*C.uint8_t)(unsafe.SliceData(f.V)),
		C.int(f.StrideY), C.int(f.StrideUV), C.int64_t(at.Milliseconds()), force)
	if r.rc != 0 {
		return dst, false, failure(r.rc)
	}
	if r.size == 0 {
		return dst, false, nil
	}
	n := len(dst)
	dst = slices.Grow(dst, int(r.size))[:n+int(r.size)]
	C.parley_h264_encoder_take(e.c, (*C.uint8_t)(unsafe.Pointer(&dst[n])))
	e.quantizer = e.quantizers.Picture(dst[n:])
	return dst, r.key != 0, nil
}

// Quantizer as codec.Quantizing.
func (e *coder) Quantizer() int { return e.quantizer }

// SetRate as adapter.Coder.
func (e *coder) SetRate(bitrate int, frameRate float64) error {
	if rc := C.parley_h264_encoder_rate(e.c, C.int(bitrate), C.double(frameRate)); rc != 0 {
		return failure(rc)
	}
	return nil
}

// Free as adapter.Coder.
func (e *coder) Free() { C.parley_h264_encoder_free(e.c) }
