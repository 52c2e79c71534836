package video

import (
	"fmt"
	"image"
	"image/draw"

	"parley/media/video/yuv"
)

// MaxSize is the largest width and height of a picture that can be scaled or converted, in pixels.
const MaxSize = yuv.MaxSize

// ErrSize means a size out of range, sizes that do not fit each other, or a plane too short for its size and stride.
var ErrSize = yuv.ErrSize

// ErrJPEG means that a picture of a camera is no JPEG that can be decoded.
var ErrJPEG = yuv.ErrJPEG

func (f *Frame) picture() yuv.Picture {
	return yuv.Picture{
		Y: f.Y, U: f.U, V: f.V,
		StrideY: f.StrideY, StrideUV: f.StrideUV,
		Width: f.Width, Height: f.Height,
	}
}

// Scale fills dst with src at dst's size; the ratio of the sides is the caller's business. Captured comes along.
func Scale(dst, src *Frame) error {
	d, s := dst.picture(), src.picture()
	if err := yuv.Scale(&d, &s); err != nil {
		return fmt.Errorf("scale frame: %w", err)
	}
	dst.Captured = src.Captured
	return nil
}

// CopyFrame copies src to dst of the same size, whatever their strides. Captured comes along.
func CopyFrame(dst, src *Frame) error {
	d, s := dst.picture(), src.picture()
	if err := yuv.Copy(&d, &s); err != nil {
		return fmt.Errorf("copy frame: %w", err)
	}
	dst.Captured = src.Captured
	return nil
}

// Mirror fills dst with src, left and right exchanged. Both have the same size and different memory.
func Mirror(dst, src *Frame) error {
	d, s := dst.picture(), src.picture()
	if err := yuv.Mirror(&d, &s); err != nil {
		return fmt.Errorf("mirror frame: %w", err)
	}
	dst.Captured = src.Captured
	return nil
}

// Black paints the frame black.
func Black(f *Frame) {
	fill(f.Y, 16)
	fill(f.U, 128)
	fill(f.V, 128)
}

func fill(b []byte, v byte) {
	if len(b) == 0 {
		return
	}
	b[0] = v
	for n := 1; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}

// PSNR of two frames of one size, over luma and chroma, in dB; 128 when they are equal, 0 when sizes differ.
func PSNR(a, b *Frame) float64 {
	pa, pb := a.picture(), b.picture()
	db, err := yuv.PSNR(&pa, &pb)
	if err != nil {
		return 0
	}
	return db
}

// SSIM of the luma of two frames of one size of more than 8×8 pixels; 1 when they are equal, 0 when sizes differ.
func SSIM(a, b *Frame) float64 {
	pa, pb := a.picture(), b.picture()
	v, err := yuv.SSIM(&pa, &pb)
	if err != nil {
		return 0
	}
	return v
}

// FromI420 fills dst from packed planes: Y, U, V one after another without padding.
func FromI420(dst *Frame, data []byte) error {
	cw, ch := (dst.Width+1)/2, (dst.Height+1)/2
	luma, chroma := dst.Width*dst.Height, cw*ch
	if dst.Width <= 0 || dst.Height <= 0 || dst.Width > MaxSize || dst.Height > MaxSize || len(data) < luma+2*chroma {
		return fmt.Errorf("%d bytes of I420 for %dx%d: %w", len(data), dst.Width, dst.Height, ErrSize)
	}
	d := dst.picture()
	return yuv.FromPlanar(&d, yuv.Sub420, data[:luma], data[luma:luma+chroma], data[luma+chroma:luma+2*chroma],
		dst.Width, cw)
}

// FromYUYV fills dst from packed 4:2:2 (bytes Y0, U, Y1, V). stride is in bytes, 0 means no padding.
func FromYUYV(dst *Frame, data []byte, stride int) error {
	if stride == 0 {
		stride = (dst.Width + 1) / 2 * 4
	}
	d := dst.picture()
	return yuv.FromPacked(&d, yuv.YUYV, data, stride)
}

// FromNV12 fills dst from luma followed by interleaved U, V without padding.
func FromNV12(dst *Frame, data []byte) error {
	luma := dst.Width * dst.Height
	if dst.Width <= 0 || dst.Height <= 0 || dst.Width > MaxSize || dst.Height > MaxSize || len(data) < luma {
		return fmt.Errorf("%d bytes of NV12 for %dx%d: %w", len(data), dst.Width, dst.Height, ErrSize)
	}
	d := dst.picture()
	return yuv.FromNV12(&d, data[:luma], dst.Width, data[luma:], (dst.Width+1)/2*2)
}

// MJPEGSize reads the size from a JPEG's header, in pixels.
func MJPEGSize(jpeg []byte) (width, height int, err error) { return yuv.MJPEGSize(jpeg) }

// FromMJPEG decodes a camera's JPEG, whose size must be dst's (MJPEGSize tells it), to limited range. The contents of
// dst are undefined after an error.
func FromMJPEG(dst *Frame, jpeg []byte) error {
	d := dst.picture()
	return yuv.FromMJPEG(&d, jpeg)
}

// FromBGRA fills dst from 4 bytes a pixel in the order B, G, R, A, as X11 and Windows capture gives. stride is in bytes,
// 0 means no padding.
func FromBGRA(dst *Frame, data []byte, stride int) error {
	if stride == 0 {
		stride = dst.Width * 4
	}
	d := dst.picture()
	return yuv.FromPacked(&d, yuv.BGRA, data, stride)
}

// FromRGBA fills dst from an image of the same size; alpha is ignored.
func FromRGBA(dst *Frame, src *image.RGBA) error {
	if src.Rect.Dx() != dst.Width || src.Rect.Dy() != dst.Height {
		return fmt.Errorf("RGBA of %dx%d into %dx%d: %w", src.Rect.Dx(), src.Rect.Dy(), dst.Width, dst.Height, ErrSize)
	}
	d := dst.picture()
	return yuv.FromPacked(&d, yuv.RGBA, src.Pix, src.Stride)
}

// FromYCbCr fills dst from planar 4:2:0, 4:2:2 or 4:4:4 of the same size. fullRange says that src holds full range
// values, as image/jpeg gives.
func FromYCbCr(dst *Frame, src *image.YCbCr, fullRange bool) error {
	var sub yuv.Subsampling
	switch src.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		sub = yuv.Sub420
	case image.YCbCrSubsampleRatio422:
		sub = yuv.Sub422
	case image.YCbCrSubsampleRatio444:
		sub = yuv.Sub444
	default:
		return fmt.Errorf("chroma %v: %w", src.SubsampleRatio, ErrSize)
	}
	if src.Rect.Dx() != dst.Width || src.Rect.Dy() != dst.Height || src.Rect.Min.X%2 != 0 || src.Rect.Min.Y%2 != 0 {
		return fmt.Errorf("YCbCr of %v into %dx%d: %w", src.Rect, dst.Width, dst.Height, ErrSize)
	}
	if src.Rect.Empty() {
		return ErrSize
	}
	yo, co := src.YOffset(src.Rect.Min.X, src.Rect.Min.Y), src.COffset(src.Rect.Min.X, src.Rect.Min.Y)
	if yo < 0 || co < 0 || yo > len(src.Y) || co > len(src.Cb) || co > len(src.Cr) {
		return ErrSize
	}
	d := dst.picture()
	if err := yuv.FromPlanar(&d, sub, src.Y[yo:], src.Cb[co:], src.Cr[co:], src.YStride, src.CStride); err != nil {
		return err
	}
	if fullRange {
		return yuv.LimitRange(&d)
	}
	return nil
}

// FromImage fills dst from any image of the same size: quickly from *image.RGBA and *image.YCbCr, which is taken for
// full range as image/jpeg gives it, through a copy (which allocates) from others.
func FromImage(dst *Frame, src image.Image) error {
	switch m := src.(type) {
	case *image.RGBA:
		return FromRGBA(dst, m)
	case *image.YCbCr:
		return FromYCbCr(dst, m, true)
	}
	b := src.Bounds()
	if b.Dx() != dst.Width || b.Dy() != dst.Height {
		return fmt.Errorf("image of %v into %dx%d: %w", b, dst.Width, dst.Height, ErrSize)
	}
	m := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(m, m.Rect, src, b.Min, draw.Src)
	return FromRGBA(dst, m)
}

// Check returns ErrSize unless the planes hold what size and strides say.
func (f *Frame) Check() error {
	p := f.picture()
	return p.Check()
}
