package video

import (
	"fmt"
	"image"
	"sync"

	"parley/media/video/yuv"
)

// ToRGBA converts a frame to an image of the same size, BT.601 limited range, opaque.
func ToRGBA(dst *image.RGBA, src *Frame) error {
	if dst.Rect.Dx() != src.Width || dst.Rect.Dy() != src.Height {
		return fmt.Errorf("frame of %dx%d into RGBA of %dx%d: %w",
			src.Width, src.Height, dst.Rect.Dx(), dst.Rect.Dy(), ErrSize)
	}
	s := src.picture()
	return yuv.ToRGBA(dst.Pix, dst.Stride, &s)
}

// ScaleToRGBA fills dst with the frame at dst's size, for drawing. Scaling comes before the conversion, so small tiles
// are cheap. Steady state allocates nothing; several goroutines may call it at once.
func ScaleToRGBA(dst *image.RGBA, src *Frame) error {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if w == src.Width && h == src.Height {
		return ToRGBA(dst, src)
	}
	if w <= 0 || h <= 0 || w > MaxSize || h > MaxSize {
		return fmt.Errorf("RGBA of %dx%d: %w", w, h, ErrSize)
	}
	buf := scratch.get(i420Size(w, h))
	defer scratch.put(buf)
	mid := wrap(buf, w, h)
	s := src.picture()
	if err := yuv.Scale(&mid, &s); err != nil {
		return fmt.Errorf("scale frame to RGBA: %w", err)
	}
	return yuv.ToRGBA(dst.Pix, dst.Stride, &mid)
}

func i420Size(w, h int) int { return w*h + 2*((w+1)/2)*((h+1)/2) }

func wrap(buf []byte, w, h int) yuv.Picture {
	cw, ch := (w+1)/2, (h+1)/2
	return yuv.Picture{
		Y: buf[:w*h], U: buf[w*h : w*h+cw*ch], V: buf[w*h+cw*ch : w*h+2*cw*ch],
		StrideY: w, StrideUV: cw, Width: w, Height: h,
	}
}

// scratch holds the buffers between scaling and conversion: one for each goroutine that draws at the same time.
var scratch buffers

// buffers is a small store of byte buffers that grow to what is asked for.
type buffers struct {
	mu   sync.Mutex
	free [4][]byte
}

func (b *buffers) get(size int) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, buf := range b.free {
		if cap(buf) >= size {
			b.free[i] = nil
			return buf[:cap(buf)]
		}
	}
	return make([]byte, size)
}

func (b *buffers) put(buf []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	smallest := 0
	for i := range b.free {
		if cap(b.free[i]) < cap(b.free[smallest]) {
			smallest = i
		}
	}
	if cap(b.free[smallest]) < cap(buf) {
		b.free[smallest] = buf
	}
}
