package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

const headerSize = 44

// ErrFull means that the file has reached the 4 GiB that RIFF can describe.
var ErrFull = errors.New("WAVE file is full")

// Target is what a Writer writes to: *os.File.
type Target interface {
	io.Writer
	io.WriterAt
}

// Writer writes 16-bit PCM. Not for concurrent use.
type Writer struct {
	dst      Target
	rate     int
	channels int
	size     int64 // bytes of samples written
	raw      []byte
}

// NewWriter writes a header to dst, which must be empty.
func NewWriter(dst Target, sampleRate, channels int) (*Writer, error) {
	if sampleRate < minRate || sampleRate > maxRate || channels < 1 || channels > maxChannels {
		return nil, fmt.Errorf("wav: cannot write %d channels at %d Hz", channels, sampleRate)
	}
	w := &Writer{dst: dst, rate: sampleRate, channels: channels}
	_, err := dst.Write(w.header())
	return w, err
}

// Write appends interleaved samples.
func (w *Writer) Write(pcm []int16) error {
	if w.size+int64(2*len(pcm)) > math.MaxUint32-headerSize {
		return ErrFull
	}
	w.raw = w.raw[:0]
	for _, v := range pcm {
		w.raw = binary.LittleEndian.AppendUint16(w.raw, uint16(v))
	}
	n, err := w.dst.Write(w.raw)
	w.size += int64(n)
	return err
}

// Update makes the header describe what was written so far, so that the file can be read although writing goes on.
func (w *Writer) Update() error {
	_, err := w.dst.WriteAt(w.header(), 0)
	return err
}

func (w *Writer) header() []byte {
	le := binary.LittleEndian
	block := 2 * w.channels
	b := make([]byte, 0, headerSize)
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, uint32(headerSize-8+w.size))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, tagPCM)
	b = le.AppendUint16(b, uint16(w.channels))
	b = le.AppendUint32(b, uint32(w.rate))
	b = le.AppendUint32(b, uint32(w.rate*block))
	b = le.AppendUint16(b, uint16(block))
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	return le.AppendUint32(b, uint32(w.size))
}
