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
	"errors"
	"fmt"
	"slices"
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/pace"
	"parley/media/video"
)

func init() {
	codec.RegisterVideo(codec.VideoAdapter{
		Name: "H264", Rank: 20, Implementation: "openh264",
		NewEncoder: func(c codec.VideoConfig) (codec.VideoEncoder, error) { return newEncoder(c) },
		NewDecoder: func() (codec.VideoDecoder, error) { return newDecoder() },
	})
}

var errClosed = errors.New("openh264: codec is closed")

// minPayload is the smallest slice asked for: OpenH264 refuses limits that one macroblock may exceed.
const minPayload = 500

type encoder struct {
	c      *C.parley_h264_encoder
	config codec.VideoConfig
	clock  pace.Clock
}

func newEncoder(config codec.VideoConfig) (*encoder, error) {
	if err := pace.Check(&config); err != nil {
		return nil, fmt.Errorf("openh264: %w", err)
	}
	if config.MaxPayload > 0 {
		config.MaxPayload = max(config.MaxPayload, minPayload)
	}
	e := &encoder{config: config}
	if err := e.open(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *encoder) open() error {
	settings := C.parley_h264_settings{
		// H264 crops in steps of two: an odd column or row is left out.
		width: C.int(e.config.Width &^ 1), height: C.int(e.config.Height &^ 1),
		bitrate:     C.int(e.config.Bitrate),
		frame_rate:  C.double(e.config.FrameRate),
		threads:     C.int(pace.Threads(e.config.Width, e.config.Height)),
		max_payload: C.int(e.config.MaxPayload),
	}
	if e.config.Screen {
		settings.screen = 1
	}
	var rc C.int
	c := C.parley_h264_encoder_new(settings, &rc)
	if c == nil {
		return fmt.Errorf("openh264: encoder for %dx%d: code %d", e.config.Width, e.config.Height, int(rc))
	}
	e.c = c
	e.clock = pace.Clock{}
	return nil
}

func (e *encoder) Encode(dst []byte, f *video.Frame, forceKey bool) (data []byte, key bool, err error) {
	if e.c == nil {
		return dst, false, errClosed
	}
	if err := f.Check(); err != nil {
		return dst, false, fmt.Errorf("openh264: %w", err)
	}
	if f.Width != e.config.Width || f.Height != e.config.Height {
		if err := e.resize(f.Width, f.Height); err != nil {
			return dst, false, err
		}
	}
	force := C.int(0)
	if forceKey {
		force = 1
	}
	pts, _ := e.clock.Next(f.Captured, e.config.FrameRate)
	r := C.parley_h264_encoder_encode(e.c,
		(*C.uint8_t)(unsafe.SliceData(f.Y)), (*C.uint8_t)(unsafe.SliceData(f.U)), (*C.uint8_t)(unsafe.SliceData(f.V)),
		C.int(f.StrideY), C.int(f.StrideUV), C.int64_t(pts.Milliseconds()), force)
	if r.rc != 0 {
		return dst, false, fmt.Errorf("openh264: encode %dx%d: code %d", f.Width, f.Height, int(r.rc))
	}
	if r.size == 0 {
		return dst, false, nil
	}
	n := len(dst)
	dst = slices.Grow(dst, int(r.size))[:n+int(r.size)]
	C.parley_h264_encoder_take(e.c, (*C.uint8_t)(unsafe.Pointer(&dst[n])))
	return dst, r.key != 0, nil
}

// resize makes a new encoder; the old one stays if that fails.
func (e *encoder) resize(width, height int) error {
	old, before := e.c, e.config
	e.config.Width, e.config.Height = width, height
	err := pace.Check(&e.config)
	if err == nil {
		err = e.open()
	}
	if err != nil {
		e.config = before
		return fmt.Errorf("openh264: change size: %w", err)
	}
	C.parley_h264_encoder_free(old)
	return nil
}

func (e *encoder) SetRate(bitrate int, frameRate float64) error {
	if e.c == nil {
		return errClosed
	}
	config := e.config
	config.Bitrate, config.FrameRate = bitrate, frameRate
	if err := pace.Check(&config); err != nil {
		return fmt.Errorf("openh264: %w", err)
	}
	e.config = config
	if rc := C.parley_h264_encoder_rate(e.c, C.int(config.Bitrate), C.double(config.FrameRate)); rc != 0 {
		return fmt.Errorf("openh264: set rate %d bit/s: code %d", config.Bitrate, int(rc))
	}
	return nil
}

func (e *encoder) Close() error {
	if e.c != nil {
		C.parley_h264_encoder_free(e.c)
		e.c = nil
	}
	return nil
}
