package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// file builds a WAVE file by hand.
func file(tag uint16, rate uint32, channels, bits uint16, size uint32, data []byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF\xff\xff\xff\xffWAVELIST\x03\x00\x00\x00abc\x00fmt "), 16, 0, 0, 0)
	b = le.AppendUint16(b, tag)
	b = le.AppendUint16(b, channels)
	b = le.AppendUint32(b, rate)
	b = le.AppendUint32(b, rate*uint32(channels)*uint32(bits)/8)
	b = le.AppendUint16(b, channels*bits/8)
	b = le.AppendUint16(b, bits)
	b = append(b, "data"...)
	b = le.AppendUint32(b, size)
	return append(b, data...)
}

func TestSampleFormats(t *testing.T) {
	f32 := func(v float32) []byte { return binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)) }
	f64 := func(v float64) []byte { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(v)) }
	for _, c := range []struct {
		name string
		tag  uint16
		bits uint16
		data []byte
		want int16
	}{
		{"8 bit", tagPCM, 8, []byte{192}, 64 << 8},
		{"16 bit", tagPCM, 16, []byte{0x34, 0x12}, 0x1234},
		{"24 bit", tagPCM, 24, []byte{0x99, 0x34, 0x12}, 0x1234},
		{"32 bit", tagPCM, 32, []byte{0x99, 0x99, 0x34, 0x12}, 0x1234},
		{"float", tagFloat, 32, f32(-0.5), -16384},
		{"float clipped", tagFloat, 32, f32(3), 32767},
		{"float NaN", tagFloat, 32, f32(float32(math.NaN())), 0},
		{"double", tagFloat, 64, f64(0.25), 8192},
	} {
		for _, size := range []uint32{uint32(len(c.data)), 0, math.MaxUint32} { // 0 and max: written to a pipe
			r, err := NewReader(bytes.NewReader(file(c.tag, 8000, 1, c.bits, size, c.data)))
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			pcm := make([]int16, 4)
			n, err := r.Read(pcm)
			if n != 1 || err != nil || pcm[0] != c.want {
				t.Errorf("%s: %d samples, %v, %d; want %d", c.name, n, err, pcm[0], c.want)
			}
			if _, err := r.Read(pcm); err != io.EOF {
				t.Errorf("%s: at the end: %v", c.name, err)
			}
			if err := r.Rewind(); err != nil {
				t.Fatal(err)
			}
			if n, _ := r.Read(pcm); n != 1 {
				t.Errorf("%s: nothing after Rewind", c.name)
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	good := file(tagPCM, 8000, 1, 16, 2, []byte{1, 2})
	for n := range len(good) - 2 {
		if _, err := NewReader(bytes.NewReader(good[:n])); !errors.Is(err, ErrFormat) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	for name, b := range map[string][]byte{
		"no channels":   file(tagPCM, 8000, 0, 16, 2, nil),
		"many channels": file(tagPCM, 8000, 60000, 16, 2, nil),
		"rate":          file(tagPCM, 1<<31, 1, 16, 2, nil),
		"bits":          file(tagPCM, 8000, 1, 12, 2, nil),
		"MP3":           file(0x55, 8000, 1, 16, 2, nil),
		"no fmt":        []byte("RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x0012"),
	} {
		if _, err := NewReader(bytes.NewReader(b)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWriterRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := NewWriter(f, 48000, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]int16{1, -2, 3, -4}); err != nil {
		t.Fatal(err)
	}
	if err := w.Update(); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err := NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	if r.Format != (Format{SampleRate: 48000, Channels: 2, Bits: 16}) {
		t.Fatalf("%+v", r.Format)
	}
	pcm := make([]int16, 8)
	if n, err := r.Read(pcm); n != 2 || err != nil || pcm[3] != -4 {
		t.Fatalf("%d %v %v", n, err, pcm)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(file(tagPCM, 8000, 1, 16, 2, []byte{1, 2}))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		pcm := make([]int16, 480*r.Format.Channels)
		for {
			if _, err := r.Read(pcm); err != nil {
				return
			}
		}
	})
}
