package y4m

import (
	"fmt"
	"io"

	"parley/media/video"
)

// Writer writes frames in order. Not for concurrent use.
type Writer struct {
	header Header
	dst    io.Writer
}

// NewWriter writes the header.
func NewWriter(dst io.Writer, h Header) (*Writer, error) {
	if h.Width <= 0 || h.Height <= 0 || h.RateNum <= 0 || h.RateDen <= 0 {
		return nil, fmt.Errorf("y4m: cannot write %d×%d at %d:%d", h.Width, h.Height, h.RateNum, h.RateDen)
	}
	if _, err := io.WriteString(dst, h.String()+"\n"); err != nil {
		return nil, err
	}
	return &Writer{header: h, dst: dst}, nil
}

// Write appends a frame of the header's size.
func (w *Writer) Write(f *video.Frame) error {
	if f.Width != w.header.Width || f.Height != w.header.Height {
		return fmt.Errorf("y4m: frame of %d×%d in a file of %d×%d", f.Width, f.Height, w.header.Width, w.header.Height)
	}
	if _, err := io.WriteString(w.dst, "FRAME\n"); err != nil {
		return err
	}
	cw, ch := (f.Width+1)/2, (f.Height+1)/2
	if err := w.plane(f.Y, f.Width, f.Height, f.StrideY); err != nil {
		return err
	}
	if err := w.plane(f.U, cw, ch, f.StrideUV); err != nil {
		return err
	}
	return w.plane(f.V, cw, ch, f.StrideUV)
}

func (w *Writer) plane(pix []byte, width, height, stride int) error {
	if stride == width {
		_, err := w.dst.Write(pix[:width*height])
		return err
	}
	for y := range height {
		if _, err := w.dst.Write(pix[y*stride : y*stride+width]); err != nil {
			return err
		}
	}
	return nil
}
