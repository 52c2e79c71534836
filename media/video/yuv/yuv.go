// Package yuv is a thin layer over libyuv: it checks sizes and strides, so that no call reads or writes outside the
// slices it was given, and hands the planes over. Nothing here allocates. Package video offers the same on frames.
package yuv

/*
// libyuv comes without a pkg-config file.
#cgo CFLAGS: -O3
#cgo LDFLAGS: -lyuv
// It is static there, and C++ inside.
#cgo windows LDFLAGS: -ljpeg -lstdc++
#cgo noescape parley_yuv_scale
#cgo nocallback parley_yuv_scale
#cgo noescape parley_yuv_to_rgba
#cgo nocallback parley_yuv_to_rgba
#cgo noescape parley_yuv_copy
#cgo nocallback parley_yuv_copy
#cgo noescape parley_yuv_mirror
#cgo nocallback parley_yuv_mirror
#cgo noescape parley_yuv_sse
#cgo nocallback parley_yuv_sse
#cgo noescape parley_yuv_ssim
#cgo nocallback parley_yuv_ssim
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"math"
	"unsafe"
)

// MaxSize is the largest width and height taken, in pixels.
const MaxSize = 8192

// ErrSize means a size out of range, sizes that do not fit each other, or a plane too short for its size and stride.
var ErrSize = errors.New("picture size out of range or planes too short")

// Picture is an I420 picture in memory of the caller. Chroma planes are ceil(Width/2) × ceil(Height/2).
type Picture struct {
	Y, U, V           []byte
	StrideY, StrideUV int // bytes
	Width, Height     int // pixels
}

// valid tells whether a plane of w × h bytes lies within its slice.
func valid(plane []byte, stride, w, h int) bool {
	return w > 0 && h > 0 && w <= MaxSize*4 && h <= MaxSize && stride >= w && stride <= math.MaxInt32 &&
		len(plane) >= w && (len(plane)-w)/stride >= h-1
}

// Check returns ErrSize unless every plane holds what the size says.
func (p *Picture) Check() error {
	cw, ch := (p.Width+1)/2, (p.Height+1)/2
	if p.Width > MaxSize || !valid(p.Y, p.StrideY, p.Width, p.Height) ||
		!valid(p.U, p.StrideUV, cw, ch) || !valid(p.V, p.StrideUV, cw, ch) {
		return fmt.Errorf("I420 %dx%d, strides %d and %d: %w", p.Width, p.Height, p.StrideY, p.StrideUV, ErrSize)
	}
	return nil
}

func ptr(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))) }

// both checks two pictures; same asks for equal size.
func both(dst, src *Picture, same bool) error {
	if err := dst.Check(); err != nil {
		return fmt.Errorf("destination: %w", err)
	}
	if err := src.Check(); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	if same && (dst.Width != src.Width || dst.Height != src.Height) {
		return fmt.Errorf("%dx%d into %dx%d: %w", src.Width, src.Height, dst.Width, dst.Height, ErrSize)
	}
	return nil
}

func result(rc C.int, what string) error {
	if rc != 0 {
		return fmt.Errorf("libyuv %s: code %d", what, int(rc))
	}
	return nil
}

// Scale fills dst with src at dst's size: box filter down, bilinear up and down by more than 16.
func Scale(dst, src *Picture) error {
	if err := both(dst, src, false); err != nil {
		return err
	}
	return result(C.parley_yuv_scale(
		ptr(src.Y), ptr(src.U), ptr(src.V), C.int(src.StrideY), C.int(src.StrideUV), C.int(src.Width), C.int(src.Height),
		ptr(dst.Y), ptr(dst.U), ptr(dst.V), C.int(dst.StrideY), C.int(dst.StrideUV), C.int(dst.Width), C.int(dst.Height)),
		"I420Scale")
}

// Copy copies src to dst of the same size.
func Copy(dst, src *Picture) error {
	if err := both(dst, src, true); err != nil {
		return err
	}
	return result(C.parley_yuv_copy(
		ptr(src.Y), ptr(src.U), ptr(src.V), C.int(src.StrideY), C.int(src.StrideUV),
		ptr(dst.Y), ptr(dst.U), ptr(dst.V), C.int(dst.StrideY), C.int(dst.StrideUV), C.int(src.Width), C.int(src.Height)),
		"I420Copy")
}

// Mirror fills dst with src, left and right exchanged. Both have the same size and different memory.
func Mirror(dst, src *Picture) error {
	if err := both(dst, src, true); err != nil {
		return err
	}
	return result(C.parley_yuv_mirror(
		ptr(src.Y), ptr(src.U), ptr(src.V), C.int(src.StrideY), C.int(src.StrideUV),
		ptr(dst.Y), ptr(dst.U), ptr(dst.V), C.int(dst.StrideY), C.int(dst.StrideUV), C.int(src.Width), C.int(src.Height)),
		"I420Mirror")
}

// ToRGBA converts to bytes R, G, B, A (libyuv calls that ABGR), BT.601 limited range, A = 255. stride is in bytes.
func ToRGBA(dst []byte, stride int, src *Picture) error {
	if err := src.Check(); err != nil {
		return err
	}
	if !valid(dst, stride, src.Width*4, src.Height) {
		return fmt.Errorf("RGBA buffer of %d bytes, stride %d for %dx%d: %w",
			len(dst), stride, src.Width, src.Height, ErrSize)
	}
	return result(C.parley_yuv_to_rgba(
		ptr(src.Y), ptr(src.U), ptr(src.V), C.int(src.StrideY), C.int(src.StrideUV),
		ptr(dst), C.int(stride), C.int(src.Width), C.int(src.Height)), "I420ToABGR")
}

// PSNR of luma and chroma together, in dB; 128 for equal pictures.
func PSNR(a, b *Picture) (float64, error) {
	if err := both(a, b, true); err != nil {
		return 0, err
	}
	w, h := a.Width, a.Height
	cw, ch := (w+1)/2, (h+1)/2
	sse := C.parley_yuv_sse(ptr(a.Y), C.int(a.StrideY), ptr(b.Y), C.int(b.StrideY), C.int(w), C.int(h)) +
		C.parley_yuv_sse(ptr(a.U), C.int(a.StrideUV), ptr(b.U), C.int(b.StrideUV), C.int(cw), C.int(ch)) +
		C.parley_yuv_sse(ptr(a.V), C.int(a.StrideUV), ptr(b.V), C.int(b.StrideUV), C.int(cw), C.int(ch))
	if sse == 0 {
		return 128, nil
	}
	return min(128, 10*math.Log10(255*255*float64(w*h+2*cw*ch)/float64(sse))), nil
}

// SSIM of luma over 8×8 windows, 1 for equal pictures. Both sides must have more than 8 pixels.
func SSIM(a, b *Picture) (float64, error) {
	if err := both(a, b, true); err != nil {
		return 0, err
	}
	if a.Width <= 8 || a.Height <= 8 {
		return 0, fmt.Errorf("SSIM of %dx%d: %w", a.Width, a.Height, ErrSize)
	}
	return float64(C.parley_yuv_ssim(ptr(a.Y), C.int(a.StrideY), ptr(b.Y), C.int(b.StrideY),
		C.int(a.Width), C.int(a.Height))), nil
}
