package y4m

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"parley/media/video"
)

func TestRoundTrip(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Header{Width: 7, Height: 5, RateNum: 30000, RateDen: 1001})
	if err != nil {
		t.Fatal(err)
	}
	in := video.NewFrame(7, 5)
	for i := range in.Y {
		in.Y[i] = byte(i)
	}
	for i := range in.U {
		in.U[i], in.V[i] = byte(100+i), byte(200+i)
	}
	for range 2 {
		if err := w.Write(in); err != nil {
			t.Fatal(err)
		}
	}
	r, err := NewReader(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if r.Header != (Header{Width: 7, Height: 5, RateNum: 30000, RateDen: 1001}) {
		t.Fatalf("header %+v", r.Header)
	}
	out := video.NewFrame(7, 5)
	for round := range 2 {
		for range 2 {
			if err := r.Next(out); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(in.Y, out.Y) || !bytes.Equal(in.U, out.U) || !bytes.Equal(in.V, out.V) {
				t.Fatalf("another picture in round %d", round)
			}
		}
		if err := r.Next(out); err != io.EOF {
			t.Fatalf("at the end: %v", err)
		}
		if err := r.Rewind(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMalformedHeaders(t *testing.T) {
	for name, header := range map[string]string{
		"empty":        "",
		"other":        "RIFF....WAVE\n",
		"no size":      "YUV4MPEG2 F30:1\n",
		"zero":         "YUV4MPEG2 W0 H10\n",
		"negative":     "YUV4MPEG2 W-5 H10\n",
		"huge":         "YUV4MPEG2 W99999999999999999999 H10\n",
		"large":        "YUV4MPEG2 W8192 H8192\n",
		"rate":         "YUV4MPEG2 W16 H16 F30\n",
		"rate zero":    "YUV4MPEG2 W16 H16 F30:0\n",
		"rate insane":  "YUV4MPEG2 W16 H16 F2000000000:1\n",
		"interlaced":   "YUV4MPEG2 W16 H16 It\n",
		"4:4:4":        "YUV4MPEG2 W16 H16 C444\n",
		"10 bit":       "YUV4MPEG2 W16 H16 C420p10\n",
		"no newline":   "YUV4MPEG2 W16 H16",
		"endless line": "YUV4MPEG2 W16 H16 X" + strings.Repeat("a", 5000) + "\n",
	} {
		if _, err := NewReader(strings.NewReader(header)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnknownRateAndVariants(t *testing.T) {
	for _, c := range []string{"", " C420", " C420jpeg", " C420mpeg2", " C420paldv"} {
		r, err := NewReader(strings.NewReader("YUV4MPEG2 W16 H16 F0:0 Ip A0:0" + c + " XWHAT=EVER\n"))
		if err != nil || r.Header.FrameRate() != 25 {
			t.Errorf("%q: %v %+v", c, err, r)
		}
	}
}

func TestFullRangeBecomesLimited(t *testing.T) {
	file := "YUV4MPEG2 W2 H2 F25:1 XCOLORRANGE=FULL\nFRAME\n\x00\xff\x80\x00\x00\xff"
	r, err := NewReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	f := video.NewFrame(2, 2)
	if err := r.Next(f); err != nil {
		t.Fatal(err)
	}
	if f.Y[0] != 16 || f.Y[1] != 235 || f.U[0] != 16 || f.V[0] != 239 && f.V[0] != 240 {
		t.Fatalf("%v %v %v", f.Y, f.U, f.V)
	}
}

func TestCutAndGarbledFrames(t *testing.T) {
	const head = "YUV4MPEG2 W2 H2 F25:1\nFRAME\n123456"
	f := video.NewFrame(2, 2)
	for rest, want := range map[string]error{"": io.EOF, "FRAME\n12": io.EOF, "FRAMED\n123456": ErrFormat,
		"FRAME" + strings.Repeat(" x", 500) + "\n": ErrFormat, "FRA": ErrFormat, "FRAME Ip\n123456": nil} {
		r, err := NewReader(strings.NewReader(head + rest))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Next(f); err != nil {
			t.Fatal(err)
		}
		if err := r.Next(f); !errors.Is(err, want) {
			t.Errorf("%q: %v", rest, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("YUV4MPEG2 W2 H2 F25:1\nFRAME\n123456"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(bytes.NewReader(data))
		if err != nil {
			return
		}
		frame := video.NewFrame(r.Header.Width, r.Header.Height)
		for r.Next(frame) == nil {
		}
	})
}
