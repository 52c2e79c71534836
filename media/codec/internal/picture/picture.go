// Package picture brings decoded pictures out of a library's memory.
package picture

import (
	"unsafe"

	"parley/media/codec"
	"parley/media/video"
)

// Copier copies pictures from C memory to frames of its own pool. A copy of 720p costs a tenth of a millisecond, and
// frees the caller from the library's rules on how long its buffers live.
type Copier struct {
	pool video.Pool
	view video.Frame
}

// Frame returns a copy with one reference. Strides are in bytes.
func (c *Copier) Frame(width, height int, y, u, v unsafe.Pointer, strideY, strideUV int) (*video.Frame, error) {
	if width <= 0 || height <= 0 || width > codec.MaxSide || height > codec.MaxSide || width*height > codec.MaxPixels ||
		strideY < width || strideUV < (width+1)/2 || y == nil || u == nil || v == nil {
		return nil, video.ErrSize
	}
	s := &c.view
	s.Width, s.Height, s.StrideY, s.StrideUV = width, height, strideY, strideUV
	s.Y = plane(y, strideY, width, height)
	s.U = plane(u, strideUV, (width+1)/2, (height+1)/2)
	s.V = plane(v, strideUV, (width+1)/2, (height+1)/2)
	f := c.pool.Get(width, height)
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
