package adapter

import (
	"unsafe"

	"parley/media/codec"
	"parley/media/video"
)

// Picture is what a library decoded, in its memory, until it is called again.
type Picture struct {
	I420              bool // 4:2:0 with 8 bits
	Width, Height     int  // pixels
	Y, U, V           unsafe.Pointer
	StrideY, StrideUV int // bytes
}

// copier copies pictures from C memory to frames of its own pool. A copy of 720p costs a tenth of a millisecond, and
// frees the caller from the library's rules on how long its buffers live.
type copier struct {
	pool video.Pool
	view video.Frame
}

// frame returns a copy with one reference.
func (c *copier) frame(p *Picture) (*video.Frame, error) {
	w, h := p.Width, p.Height
	if w <= 0 || h <= 0 || w > codec.MaxSide || h > codec.MaxSide || w*h > codec.MaxPixels ||
		p.StrideY < w || p.StrideUV < (w+1)/2 || p.Y == nil || p.U == nil || p.V == nil {
		return nil, video.ErrSize
	}
	s := &c.view
	s.Width, s.Height, s.StrideY, s.StrideUV = w, h, p.StrideY, p.StrideUV
	s.Y = plane(p.Y, p.StrideY, w, h)
	s.U = plane(p.U, p.StrideUV, (w+1)/2, (h+1)/2)
	s.V = plane(p.V, p.StrideUV, (w+1)/2, (h+1)/2)
	f := c.pool.Get(w, h)
	err := video.CopyFrame(f, s)
	s.Y, s.U, s.V = nil, nil, nil
	if err != nil {
		f.Release()
		return nil, err
	}
	return f, nil
}

func plane(p unsafe.Pointer, stride, width, height int) []byte {
	return unsafe.Slice((*byte)(p), stride*(height-1)+width)
}
