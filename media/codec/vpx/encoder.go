// Package vpx adapts libvpx: VP8 and VP9, both ways, tuned for a call (real time, constant bitrate, no delay).
package vpx

/*
#cgo pkg-config: vpx
#cgo CFLAGS: -O2
#cgo noescape parley_vpx_encoder_encode
#cgo nocallback parley_vpx_encoder_encode
#cgo nocallback parley_vpx_encoder_next
#cgo nocallback parley_vpx_encoder_rate
#cgo noescape parley_vpx_encoder_new
#cgo nocallback parley_vpx_encoder_new
#include "shim.h"
*/
import "C"

import (
	"time"
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/adapter"
	"parley/media/video"
)

func init() {
	codec.RegisterVideo(codec.VideoAdapter{
		Name: "VP8", Rank: 10, Coarse: 95, // of 106
		Encoder: "libvpx", Decoder: "libvpx",
		NewEncoder: func(c codec.VideoConfig) (codec.VideoEncoder, error) { return newEncoder(false, c) },
		NewDecoder: func() (codec.VideoDecoder, error) { return newDecoder(false) },
	})
	codec.RegisterVideo(codec.VideoAdapter{
		Name: "VP9", Rank: 30, Coarse: 200, // of 224
		Encoder: "libvpx", Decoder: "libvpx",
		NewEncoder: func(c codec.VideoConfig) (codec.VideoEncoder, error) { return newEncoder(true, c) },
		NewDecoder: func() (codec.VideoDecoder, error) { return newDecoder(true) },
	})
}

// coder is libvpx's encoder for one size.
type coder struct {
	c         *C.parley_vpx_encoder
	quantizer int
}

func newEncoder(vp9 bool, config codec.VideoConfig) (codec.VideoEncoder, error) {
	return adapter.NewEncoder("vpx", config, func(c codec.VideoConfig) (adapter.Coder, error) { return open(vp9, c) })
}

func open(vp9 bool, config codec.VideoConfig) (adapter.Coder, error) {
	settings := C.parley_vpx_settings{
		width: C.int(config.Width), height: C.int(config.Height),
		kbps:       C.int(adapter.Kilobits(config.Bitrate)),
		frame_rate: C.double(config.FrameRate),
		threads:    C.int(threads(vp9, config.Width, config.Height)),
	}
	if vp9 {
		settings.vp9 = 1
	}
	if config.Screen {
		settings.screen = 1
	}
	var rc C.int
	c := C.parley_vpx_encoder_new(settings, &rc)
	if c == nil {
		return nil, failure(rc)
	}
	return &coder{c, -1}, nil
}

// Encode as adapter.Coder.
func (e *coder) Encode(dst []byte, f *video.Frame, at, duration time.Duration, forceKey bool) (data []byte, key bool, err error) {
	force := C.int(0)
	if forceKey {
		force = 1
	}
	pts, length := adapter.Ticks(at, duration)
	rc := C.parley_vpx_encoder_encode(e.c,
		(*C.uint8_t)(unsafe.SliceData(f.Y)), (*C.uint8_t)(unsafe.SliceData(f.U)), (*C.uint8_t)(unsafe.SliceData(f.V)),
		C.int(f.StrideY), C.int(f.StrideUV), C.int64_t(pts), C.int64_t(length), force)
	if rc != 0 {
		return dst, false, failure(rc)
	}
	for {
		p := C.parley_vpx_encoder_next(e.c)
		if p.data == nil {
			return dst, key, nil
		}
		dst = append(dst, unsafe.Slice((*byte)(unsafe.Pointer(p.data)), int(p.size))...)
		key = key || p.key != 0
		e.quantizer = int(p.quantizer)
	}
}

// SetRate as adapter.Coder.
func (e *coder) SetRate(bitrate int, frameRate float64) error {
	if rc := C.parley_vpx_encoder_rate(e.c, C.int(adapter.Kilobits(bitrate)), C.double(frameRate)); rc != 0 {
		return failure(rc)
	}
	return nil
}

// Quantizer as codec.Quantizing.
func (e *coder) Quantizer() int { return e.quantizer }

// Free as adapter.Coder.
func (e *coder) Free() { C.parley_vpx_encoder_free(e.c) }

// fullHD is up to which size one thread codes VP8, pixels.
const fullHD = 1920 * 1088

// threads of an encoder. VP8's wait for each other in loops: where other work wants the cores too, two threads for 1080p
// took 108 ms of processor time a frame, one takes a tenth of that.
func threads(vp9 bool, width, height int) int {
	if !vp9 && width*height <= fullHD {
		return 1
	}
	return adapter.Threads(width, height)
}
