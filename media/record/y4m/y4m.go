// Package y4m reads and writes YUV4MPEG2 files, the plain format of uncompressed pictures that ffmpeg, Chromium and
// mplayer understand. 8-bit 4:2:0 only: that is what Parley's pipeline carries.
//
// Format: https://wiki.multimedia.cx/index.php/YUV4MPEG2
package y4m

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrFormat means that the file is not one this package reads.
var ErrFormat = errors.New("not a readable YUV4MPEG2 file")

// Limits of what a header may ask for: a hostile file must not make us allocate without bound.
const (
	maxSide       = 8192     // pixels
	maxPixels     = 36 << 20 // 8K plus some
	maxHeaderLine = 1024     // bytes
	maxFrameLine  = 256      // bytes
	maxFrameRate  = 1000     // frames a second
)

const magic = "YUV4MPEG2"

// Header describes every frame of a file.
type Header struct {
	Width, Height int // pixels
	// RateNum / RateDen frames a second.
	RateNum, RateDen int
	// FullRange: luma 0–255 rather than 16–235 (ffmpeg's XCOLORRANGE=FULL).
	FullRange bool
}

// FrameRate in frames a second.
func (h Header) FrameRate() float64 { return float64(h.RateNum) / float64(h.RateDen) }

func (h Header) String() string {
	colour := "C420jpeg XYSCSS=420JPEG XCOLORRANGE=LIMITED"
	if h.FullRange {
		colour = "C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL"
	}
	return fmt.Sprintf("%s W%d H%d F%d:%d Ip A1:1 %s", magic, h.Width, h.Height, h.RateNum, h.RateDen, colour)
}

// parseHeader reads the first line, without its newline.
func parseHeader(line string) (Header, error) {
	fields := strings.Fields(line)
	if len(fields) == 0 || fields[0] != magic {
		return Header{}, fmt.Errorf("%w: no %s at its beginning", ErrFormat, magic)
	}
	h := Header{RateNum: 25, RateDen: 1}
	for _, field := range fields[1:] {
		if err := h.parameter(field[0], field[1:]); err != nil {
			return Header{}, err
		}
	}
	if h.Width == 0 || h.Height == 0 {
		return Header{}, fmt.Errorf("%w: its header gives no size", ErrFormat)
	}
	if h.Width*h.Height > maxPixels {
		return Header{}, fmt.Errorf("%w: %d×%d is too large", ErrFormat, h.Width, h.Height)
	}
	return h, nil
}

func (h *Header) parameter(key byte, value string) (err error) {
	switch key {
	case 'W':
		h.Width, err = side(value)
	case 'H':
		h.Height, err = side(value)
	case 'F':
		err = h.rate(value)
	case 'I':
		if value != "p" && value != "?" {
			err = fmt.Errorf("%w: interlaced pictures (I%s)", ErrFormat, clip(value))
		}
	case 'C':
		switch value {
		case "420", "420jpeg", "420mpeg2", "420paldv":
			// They differ in where chroma is sampled, by half a pixel.
		default:
			err = fmt.Errorf("%w: colour space %q, only 8-bit 4:2:0 is read", ErrFormat, clip(value))
		}
	case 'X':
		if value == "COLORRANGE=FULL" {
			h.FullRange = true
		}
	}
	return err
}

func (h *Header) rate(value string) error {
	num, den, ok := strings.Cut(value, ":")
	n, err1 := strconv.ParseUint(num, 10, 31)
	d, err2 := strconv.ParseUint(den, 10, 31)
	if !ok || err1 != nil || err2 != nil {
		return fmt.Errorf("%w: frame rate %q", ErrFormat, clip(value))
	}
	if n == 0 && d == 0 {
		return nil // "unknown": the default stays
	}
	if n == 0 || d == 0 || n > d*maxFrameRate || d > n*3600 {
		return fmt.Errorf("%w: frame rate %d:%d", ErrFormat, n, d)
	}
	h.RateNum, h.RateDen = int(n), int(d)
	return nil
}

func side(value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil || n == 0 || n > maxSide {
		return 0, fmt.Errorf("%w: size %q", ErrFormat, clip(value))
	}
	return int(n), nil
}

// clip keeps a hostile value from filling a log line.
func clip(s string) string {
	if len(s) > 32 {
		return s[:32] + "…"
	}
	return s
}
