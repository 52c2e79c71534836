// Package aom adapts libaom: it encodes AV1, tuned for a call (real time, constant bitrate, no delay). Units are temporal
// units of OBUs that carry their sizes.
package aom

/*
#cgo pkg-config: aom
#cgo CFLAGS: -O2
#cgo noescape parley_aom_encoder_encode
#cgo nocallback parley_aom_encoder_encode
#cgo nocallback parley_aom_encoder_next
#cgo nocallback parley_aom_encoder_rate
#cgo noescape parley_aom_encoder_new
#cgo nocallback parley_aom_encoder_new
#include "shim.h"
*/
import "C"

import (
	"errors"
	"time"
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/adapter"
	"parley/media/video"
)

func init() {
	codec.RegisterVideo(codec.VideoAdapter{Name: "AV1", Rank: 40, Encoder: "libaom", NewEncoder: newEncoder})
}

// coder is libaom's encoder for one size.
type coder struct{ c *C.parley_aom_encoder }

func newEncoder(config codec.VideoConfig) (codec.VideoEncoder, error) {
	return adapter.NewEncoder("aom", config, open)
}

func open(config codec.VideoConfig) (adapter.Coder, error) {
	settings := C.parley_aom_settings{
		width: C.int(config.Width), height: C.int(config.Height),
		kbps:       C.int(adapter.Kilobits(config.Bitrate)),
		frame_rate: C.double(config.FrameRate),
		threads:    C.int(adapter.Threads(config.Width, config.Height)),
	}
	if config.Screen {
		settings.screen = 1
	}
	var rc C.int
	c := C.parley_aom_encoder_new(settings, &rc)
	if c == nil {
		return nil, failure(rc)
	}
	return &coder{c}, nil
}

// Encode as adapter.Coder.
func (e *coder) Encode(dst []byte, f *video.Frame, at, duration time.Duration, forceKey bool) (data []byte, key bool, err error) {
	force := C.int(0)
	if forceKey {
		force = 1
	}
	pts, length := adapter.Ticks(at, duration)
	rc := C.parley_aom_encoder_encode(e.c,
		(*C.uint8_t)(unsafe.SliceData(f.Y)), (*C.uint8_t)(unsafe.SliceData(f.U)), (*C.uint8_t)(unsafe.SliceData(f.V)),
		C.int(f.StrideY), C.int(f.StrideUV), C.int64_t(pts), C.int64_t(length), force)
	if rc != 0 {
		return dst, false, failure(rc)
	}
	for {
		p := C.parley_aom_encoder_next(e.c)
		if p.data == nil {
			return dst, key, nil
		}
		dst = append(dst, unsafe.Slice((*byte)(unsafe.Pointer(p.data)), int(p.size))...)
		key = key || p.key != 0
	}
}

// SetRate as adapter.Coder.
func (e *coder) SetRate(bitrate int, frameRate float64) error {
	if rc := C.parley_aom_encoder_rate(e.c, C.int(adapter.Kilobits(bitrate)), C.double(frameRate)); rc != 0 {
		return failure(rc)
	}
	return nil
}

// Free as adapter.Coder.
func (e *coder) Free() { C.parley_aom_encoder_free(e.c) }

// failure is what libaom says of a code.
func failure(rc C.int) error { return errors.New(C.GoString(C.parley_aom_error(rc))) }
