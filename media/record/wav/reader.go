package wav

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Reader reads samples in order. Not for concurrent use.
type Reader struct {
	Format Format

	src   io.ReadSeeker
	buf   *bufio.Reader
	start int64 // offset of the first sample
	size  int64 // bytes of samples; -1: until the end of the file
	left  int64
	raw   []byte
}

// NewReader reads headers up to the samples. Errors: ErrFormat, or the reader's own.
func NewReader(src io.ReadSeeker) (*Reader, error) {
	r := &Reader{src: src}
	var head [12]byte
	if err := r.header(head[:]); err != nil {
		return nil, err
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, fmt.Errorf("%w: no RIFF and WAVE at its beginning", ErrFormat)
	}
	for {
		var chunk [8]byte
		if err := r.header(chunk[:]); err != nil {
			return nil, err
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if err := r.format(size); err != nil {
				return nil, err
			}
		case "data":
			return r, r.data(size)
		default:
			if _, err := src.Seek(size+size&1, io.SeekCurrent); err != nil {
				return nil, err
			}
		}
	}
}

// header fills b; a file that ends there is malformed.
func (r *Reader) header(b []byte) error {
	_, err := io.ReadFull(r.src, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends before any samples", ErrFormat)
	}
	return err
}

func (r *Reader) format(size int64) error {
	if size < 16 || size > maxFmtChunk {
		return fmt.Errorf("%w: format chunk of %d bytes", ErrFormat, size)
	}
	b := make([]byte, size+size&1)
	if err := r.header(b); err != nil {
		return err
	}
	tag := binary.LittleEndian.Uint16(b)
	if tag == tagExtensible && size >= 26 {
		tag = binary.LittleEndian.Uint16(b[24:]) // the first two bytes of the sub-format GUID
	}
	r.Format = Format{
		Channels:   int(binary.LittleEndian.Uint16(b[2:])),
		SampleRate: int(binary.LittleEndian.Uint32(b[4:])),
		Bits:       int(binary.LittleEndian.Uint16(b[14:])),
		Float:      tag == tagFloat,
	}
	f := r.Format
	switch {
	case f.Channels < 1 || f.Channels > maxChannels:
		return fmt.Errorf("%w: %d channels", ErrFormat, f.Channels)
	case f.SampleRate < minRate || f.SampleRate > maxRate:
		return fmt.Errorf("%w: %d Hz", ErrFormat, f.SampleRate)
	case tag == tagPCM && (f.Bits == 8 || f.Bits == 16 || f.Bits == 24 || f.Bits == 32):
	case tag == tagFloat && (f.Bits == 32 || f.Bits == 64):
	default:
		return fmt.Errorf("%w: format %#x with %d bits a sample", ErrFormat, tag, f.Bits)
	}
	return nil
}

func (r *Reader) data(size int64) (err error) {
	if r.Format.Channels == 0 {
		return fmt.Errorf("%w: samples before the format", ErrFormat)
	}
	if r.start, err = r.src.Seek(0, io.SeekCurrent); err != nil {
		return err
	}
	r.size = size
	if size == 0 || size == math.MaxUint32 {
		r.size = -1 // written to a pipe: the size was never filled in
	}
	r.buf = bufio.NewReaderSize(r.src, 1<<15)
	r.left = r.size
	return nil
}

// Read fills pcm with interleaved samples, whole ones for all channels, and returns how many a channel. io.EOF at the
// end, without samples.
func (r *Reader) Read(pcm []int16) (int, error) {
	width := r.Format.Bits / 8
	frame := width * r.Format.Channels
	want := len(pcm) / r.Format.Channels * frame
	if r.size >= 0 && int64(want) > r.left {
		want = int(r.left) / frame * frame
	}
	if want == 0 {
		return 0, io.EOF
	}
	if cap(r.raw) < want {
		r.raw = make([]byte, want)
	}
	n, err := io.ReadFull(r.buf, r.raw[:want])
	n -= n % frame
	if n == 0 {
		if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return 0, err
	}
	if r.size >= 0 {
		r.left -= int64(n)
	}
	r.decode(pcm, r.raw[:n], width)
	return n / frame, nil
}

func (r *Reader) decode(pcm []int16, raw []byte, width int) {
	for i := range len(raw) / width {
		b := raw[i*width:]
		switch {
		case r.Format.Float && width == 4:
			pcm[i] = fromFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
		case r.Format.Float:
			pcm[i] = fromFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		case width == 1:
			pcm[i] = (int16(b[0]) - 128) << 8 // 8-bit PCM is unsigned
		default:
			pcm[i] = int16(binary.LittleEndian.Uint16(b[width-2:])) // the two most significant bytes
		}
	}
}

func fromFloat(v float64) int16 {
	if v != v {
		return 0
	}
	return int16(min(32767, max(-32768, math.Round(v*32768))))
}

// Rewind goes back to the first sample.
func (r *Reader) Rewind() error {
	if _, err := r.src.Seek(r.start, io.SeekStart); err != nil {
		return err
	}
	r.buf.Reset(r.src)
	r.left = r.size
	return nil
}
