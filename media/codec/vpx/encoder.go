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
	"errors"
	"fmt"
	"time"
	"unsafe"

	"parley/media/codec"
	"parley/media/codec/internal/pace"
	"parley/media/video"
)

func init() {
	codec.RegisterVideo(codec.VideoAdapter{
		Name: "VP8", Rank: 10, Implementation: "libvpx",
		NewEncoder: func(c codec.VideoConfig) (codec.VideoEncoder, error) { return newEncoder(false, c) },
		NewDecoder: func() (codec.VideoDecoder, error) { return newDecoder(false) },
	})
	codec.RegisterVideo(codec.VideoAdapter{
		Name: "VP9", Rank: 30, Implementation: "libvpx",
		NewEncoder: func(c codec.VideoConfig) (codec.VideoEncoder, error) { return newEncoder(true, c) },
		NewDecoder: func() (codec.VideoDecoder, error) { return newDecoder(true) },
	})
}

var errClosed = errors.New("vpx: codec is closed")

type encoder struct {
	c      *C.parley_vpx_encoder
	vp9    bool
	config codec.VideoConfig
	clock  pace.Clock
}

func newEncoder(vp9 bool, config codec.VideoConfig) (*encoder, error) {
	if err := pace.Check(&config); err != nil {
		return nil, fmt.Errorf("vpx: %w", err)
	}
	e := &encoder{vp9: vp9, config: config}
	if err := e.open(); err != nil {
		return nil, err
	}
	return e, nil
}

// open makes the libvpx encoder for the size in config. A new size always gets a new one: VP8 cannot grow past its
// first size.
func (e *encoder) open() error {
	settings := C.parley_vpx_settings{
		width: C.int(e.config.Width), height: C.int(e.config.Height),
		kbps:       C.int(kilobits(e.config.Bitrate)),
		frame_rate: C.double(e.config.FrameRate),
		threads:    C.int(threads(e.vp9, e.config.Width, e.config.Height)),
	}
	if e.vp9 {
		settings.vp9 = 1
	}
	if e.config.Screen {
		settings.screen = 1
	}
	var rc C.int
	c := C.parley_vpx_encoder_new(settings, &rc)
	if c == nil {
		return fmt.Errorf("vpx: encoder for %dx%d: %s", e.config.Width, e.config.Height, C.GoString(C.parley_vpx_error(rc)))
	}
	e.c = c
	e.clock = pace.Clock{}
	return nil
}

// kilobits: libvpx counts in thousands, and 0 would mean its default.
func kilobits(bitrate int) int { return max(1, bitrate/1000) }

func (e *encoder) Encode(dst []byte, f *video.Frame, forceKey bool) (data []byte, key bool, err error) {
	if e.c == nil {
		return dst, false, errClosed
	}
	if err := f.Check(); err != nil {
		return dst, false, fmt.Errorf("vpx: %w", err)
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
	pts, duration := e.clock.Next(f.Captured, e.config.FrameRate)
	rc := C.parley_vpx_encoder_encode(e.c,
		(*C.uint8_t)(unsafe.SliceData(f.Y)), (*C.uint8_t)(unsafe.SliceData(f.U)), (*C.uint8_t)(unsafe.SliceData(f.V)),
		C.int(f.StrideY), C.int(f.StrideUV), C.int64_t(ticks(pts)), C.int64_t(ticks(pts+duration)-ticks(pts)), force)
	if rc != 0 {
		return dst, false, fmt.Errorf("vpx: encode %dx%d: %s", f.Width, f.Height, C.GoString(C.parley_vpx_error(rc)))
	}
	for {
		p := C.parley_vpx_encoder_next(e.c)
		if p.data == nil {
			return dst, key, nil
		}
		dst = append(dst, unsafe.Slice((*byte)(unsafe.Pointer(p.data)), int(p.size))...)
		key = key || p.key != 0
	}
}

// ticks of the 90 kHz clock.
func ticks(d time.Duration) int64 { return int64(d) * 9 / 100_000 }

func (e *encoder) resize(width, height int) error {
	config := e.config
	config.Width, config.Height = width, height
	if err := pace.Check(&config); err != nil {
		return fmt.Errorf("vpx: %w", err)
	}
	old, before := e.c, e.config
	e.config = config
	if err := e.open(); err != nil {
		e.config = before
		return err
	}
	C.parley_vpx_encoder_free(old)
	return nil
}

func (e *encoder) SetRate(bitrate int, frameRate float64) error {
	if e.c == nil {
		return errClosed
	}
	config := e.config
	config.Bitrate, config.FrameRate = bitrate, frameRate
	if err := pace.Check(&config); err != nil {
		return fmt.Errorf("vpx: %w", err)
	}
	e.config = config
	if rc := C.parley_vpx_encoder_rate(e.c, C.int(kilobits(config.Bitrate)), C.double(config.FrameRate)); rc != 0 {
		return fmt.Errorf("vpx: set rate %d bit/s: %s", config.Bitrate, C.GoString(C.parley_vpx_error(rc)))
	}
	return nil
}

func (e *encoder) Close() error {
	if e.c != nil {
		C.parley_vpx_encoder_free(e.c)
		e.c = nil
	}
	return nil
}

// fullHD is up to which size one thread codes VP8, pixels.
const fullHD = 1920 * 1088

// threads of an encoder. VP8's wait for each other in loops: where other work wants the cores too, two threads for 1080p
// took 108 ms of processor time a frame, one takes a tenth of that.
func threads(vp9 bool, width, height int) int {
	if !vp9 && width*height <= fullHD {
		return 1
	}
	return pace.Threads(width, height)
}
