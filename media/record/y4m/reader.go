package y4m

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"parley/media/video"
)

// Reader reads frames in order. Not for concurrent use.
type Reader struct {
	Header Header

	src   io.ReadSeeker
	buf   *bufio.Reader
	start int64 // offset of the first frame
}

// NewReader reads the header. Errors: ErrFormat, or the reader's own.
func NewReader(src io.ReadSeeker) (*Reader, error) {
	r := &Reader{src: src, buf: bufio.NewReaderSize(src, 1<<16)}
	line, err := r.line(maxHeaderLine)
	if err != nil {
		return nil, err
	}
	if r.Header, err = parseHeader(line); err != nil {
		return nil, err
	}
	r.start = int64(len(line)) + 1
	return r, nil
}

// Next reads one frame into f, which must have the header's size. io.EOF: no whole frame is left (a file cut off in the
// middle of a frame ends with the frame before).
func (r *Reader) Next(f *video.Frame) error {
	if f.Width != r.Header.Width || f.Height != r.Header.Height {
		return fmt.Errorf("y4m: frame of %d×%d for a file of %d×%d", f.Width, f.Height, r.Header.Width, r.Header.Height)
	}
	if _, err := r.buf.Peek(1); err != nil {
		return err
	}
	line, err := r.line(maxFrameLine)
	if err != nil {
		return err
	}
	if line != "FRAME" && !strings.HasPrefix(line, "FRAME ") {
		return fmt.Errorf("%w: %q where a frame should begin", ErrFormat, clip(line))
	}
	cw, ch := (f.Width+1)/2, (f.Height+1)/2
	for _, plane := range []struct {
		pix                   []byte
		width, height, stride int
	}{{f.Y, f.Width, f.Height, f.StrideY}, {f.U, cw, ch, f.StrideUV}, {f.V, cw, ch, f.StrideUV}} {
		for y := range plane.height {
			row := plane.pix[y*plane.stride : y*plane.stride+plane.width]
			if _, err := io.ReadFull(r.buf, row); err != nil {
				if errors.Is(err, io.ErrUnexpectedEOF) {
					err = io.EOF
				}
				return err
			}
		}
	}
	if r.Header.FullRange {
		toLimited(f)
	}
	return nil
}

// Rewind goes back to the first frame.
func (r *Reader) Rewind() error {
	if _, err := r.src.Seek(r.start, io.SeekStart); err != nil {
		return err
	}
	r.buf.Reset(r.src)
	return nil
}

// line reads up to and without the newline.
func (r *Reader) line(limit int) (string, error) {
	var b []byte
	for len(b) <= limit {
		c, err := r.buf.ReadByte()
		if errors.Is(err, io.EOF) {
			return "", fmt.Errorf("%w: it ends within a line", ErrFormat)
		}
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return string(b), nil
		}
		b = append(b, c)
	}
	return "", fmt.Errorf("%w: a line of more than %d bytes", ErrFormat, limit)
}

var lumaLimited, chromaLimited = func() (y, c [256]byte) {
	for i := range 256 {
		y[i] = byte(16 + (i*219+127)/255)
		c[i] = byte(min(240, max(16, (i-128)*224/255+128)))
	}
	return y, c
}()

// toLimited squeezes full-range samples into the pipeline's limited range (BT.601).
func toLimited(f *video.Frame) {
	for i, v := range f.Y {
		f.Y[i] = lumaLimited[v]
	}
	for i, v := range f.U {
		f.U[i] = chromaLimited[v]
	}
	for i, v := range f.V {
		f.V[i] = chromaLimited[v]
	}
}
