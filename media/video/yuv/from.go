package yuv

/*
#cgo noescape parley_yuv_from_packed
#cgo nocallback parley_yuv_from_packed
#cgo noescape parley_yuv_from_nv12
#cgo nocallback parley_yuv_from_nv12
#cgo noescape parley_yuv_from_planar
#cgo nocallback parley_yuv_from_planar
#cgo noescape parley_yuv_mjpeg_size
#cgo nocallback parley_yuv_mjpeg_size
#cgo noescape parley_yuv_from_mjpeg
#cgo nocallback parley_yuv_from_mjpeg
#cgo noescape parley_yuv_limit_range
#cgo nocallback parley_yuv_limit_range
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
)

// ErrJPEG means that a picture of a camera is no JPEG libyuv can decode.
var ErrJPEG = errors.New("broken or unknown JPEG")

// Packing is the order of bytes in a packed picture.
type Packing int

// The packed formats.
const (
	RGBA Packing = iota // bytes R, G, B, A: image.RGBA
	BGRA                // bytes B, G, R, A: X11, Windows
	YUYV                // bytes Y0, U, Y1, V: cameras (V4L2 YUYV, YUY2)
)

// FromPacked converts to I420. Alpha is ignored. stride is in bytes.
func FromPacked(dst *Picture, packing Packing, src []byte, stride int) error {
	if err := dst.Check(); err != nil {
		return err
	}
	row := dst.Width * 4
	if packing == YUYV {
		row = (dst.Width + 1) / 2 * 4
	}
	if !valid(src, stride, row, dst.Height) {
		return fmt.Errorf("packed buffer of %d bytes, stride %d for %dx%d: %w",
			len(src), stride, dst.Width, dst.Height, ErrSize)
	}
	return result(C.parley_yuv_from_packed(C.int(packing), ptr(src), C.int(stride),
		ptr(dst.Y), ptr(dst.U), ptr(dst.V), C.int(dst.StrideY), C.int(dst.StrideUV), C.int(dst.Width), C.int(dst.Height)),
		"to I420")
}

// FromNV12 converts from luma and interleaved U, V. Strides are in bytes.
func FromNV12(dst *Picture, y []byte, strideY int, uv []byte, strideUV int) error {
	if err := dst.Check(); err != nil {
		return err
	}
	if !valid(y, strideY, dst.Width, dst.Height) || !valid(uv, strideUV, (dst.Width+1)/2*2, (dst.Height+1)/2) {
		return fmt.Errorf("NV12 for %dx%d: %w", dst.Width, dst.Height, ErrSize)
	}
	return result(C.parley_yuv_from_nv12(ptr(y), C.int(strideY), ptr(uv), C.int(strideUV),
		ptr(dst.Y), ptr(dst.U), ptr(dst.V), C.int(dst.StrideY), C.int(dst.StrideUV), C.int(dst.Width), C.int(dst.Height)),
		"NV12ToI420")
}

// Subsampling of a planar picture.
type Subsampling int

// The planar formats.
const (
	Sub420 Subsampling = iota
	Sub422
	Sub444
)

// FromPlanar converts from planes of dst's size with the given chroma.
func FromPlanar(dst *Picture, sub Subsampling, y, u, v []byte, strideY, strideUV int) error {
	if err := dst.Check(); err != nil {
		return err
	}
	cw, ch := (dst.Width+1)/2, (dst.Height+1)/2
	switch sub {
	case Sub422:
		ch = dst.Height
	case Sub444:
		cw, ch = dst.Width, dst.Height
	}
	if !valid(y, strideY, dst.Width, dst.Height) || !valid(u, strideUV, cw, ch) || !valid(v, strideUV, cw, ch) {
		return fmt.Errorf("planes for %dx%d: %w", dst.Width, dst.Height, ErrSize)
	}
	return result(C.parley_yuv_from_planar(C.int(sub), ptr(y), ptr(u), ptr(v), C.int(strideY), C.int(strideUV),
		ptr(dst.Y), ptr(dst.U), ptr(dst.V), C.int(dst.StrideY), C.int(dst.StrideUV), C.int(dst.Width), C.int(dst.Height)),
		"planar to I420")
}

// MJPEGSize reads the size from a JPEG's header, in pixels.
func MJPEGSize(jpeg []byte) (width, height int, err error) {
	if len(jpeg) < 4 {
		return 0, 0, ErrJPEG
	}
	s := C.parley_yuv_mjpeg_size(ptr(jpeg), C.size_t(len(jpeg)))
	if s.rc != 0 {
		return 0, 0, ErrJPEG
	}
	width, height = int(s.width), int(s.height)
	if width <= 0 || height <= 0 || width > MaxSize || height > MaxSize {
		return 0, 0, fmt.Errorf("JPEG of %dx%d: %w", width, height, ErrSize)
	}
	return width, height, nil
}

// FromMJPEG decodes a camera's JPEG of dst's size, and brings its full range to the limited range of I420.
func FromMJPEG(dst *Picture, jpeg []byte) error {
	if err := dst.Check(); err != nil {
		return err
	}
	w, h, err := MJPEGSize(jpeg)
	if err != nil {
		return err
	}
	if w != dst.Width || h != dst.Height {
		return fmt.Errorf("JPEG of %dx%d into %dx%d: %w", w, h, dst.Width, dst.Height, ErrSize)
	}
	rc := C.parley_yuv_from_mjpeg(ptr(jpeg), C.size_t(len(jpeg)),
		ptr(dst.Y), ptr(dst.U), ptr(dst.V), C.int(dst.StrideY), C.int(dst.StrideUV), C.int(w), C.int(h))
	if rc != 0 {
		return ErrJPEG
	}
	return nil
}

// LimitRange brings a picture in full range (JPEG) to the limited range, in place.
func LimitRange(p *Picture) error {
	if err := p.Check(); err != nil {
		return err
	}
	C.parley_yuv_limit_range(ptr(p.Y), ptr(p.U), ptr(p.V),
		C.int(p.StrideY), C.int(p.StrideUV), C.int(p.Width), C.int(p.Height))
	return nil
}
