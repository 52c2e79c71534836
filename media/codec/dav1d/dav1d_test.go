package dav1d

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"testing"

	"parley/media/codec"
	"parley/media/codec/codectest"
	"parley/media/video"
)

// load splits a file of OBUs with sizes at its temporal delimiters (type 2).
func load(t testing.TB, name string) [][]byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var units [][]byte
	for len(data) > 0 {
		size, n := binary.Uvarint(data[1:]) // leb128 is the same
		obu := data[:1+n+int(size)]
		data = data[len(obu):]
		if obu[0]>>3&15 == 2 {
			units = append(units, nil)
		}
		units[len(units)-1] = append(units[len(units)-1], obu...)
	}
	return units
}

func start(t testing.TB) codec.VideoDecoder {
	t.Helper()
	d, err := newDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// TestPicturesAndSizeChange decodes streams of two sizes with one decoder and compares with what was coded.
func TestPicturesAndSizeChange(t *testing.T) {
	d := start(t)
	for _, size := range [][2]int{{320, 180}, {161, 91}, {320, 180}} {
		want := video.NewFrame(size[0], size[1])
		for i, unit := range load(t, fmt.Sprintf("%dx%d.obu", size[0], size[1])) {
			if key := codec.IsKeyFrame("AV1", unit); key != (i == 0) {
				t.Errorf("%v, picture %d: key %v", size, i, key)
			}
			if w, h := codec.FrameSize("AV1", unit); i == 0 && (w != size[0] || h != size[1]) {
				t.Errorf("header says %dx%d, want %v", w, h, size)
			}
			got, err := d.Decode(unit)
			if err != nil || got == nil {
				t.Fatalf("%v, picture %d: %v, %v", size, i, got, err)
			}
			codectest.Source{Width: size[0], Height: size[1]}.Paint(want, i)
			if db := video.PSNR(want, got); db < 30 {
				t.Errorf("%v, picture %d: PSNR %.1f dB", size, i, db)
			}
			got.Release()
		}
	}
}

func TestBrokenInput(t *testing.T) {
	a, err := codec.Video("AV1")
	if err != nil {
		t.Fatal(err)
	}
	codectest.Broken(t, a, load(t, "320x180.obu"))
}

func TestStartsAtKeyFrame(t *testing.T) {
	d, units := start(t), load(t, "320x180.obu")
	if _, err := d.Decode(units[1]); !errors.Is(err, codec.ErrNeedKeyFrame) {
		t.Errorf("a later picture first: %v", err)
	}
	f, err := d.Decode(units[0])
	if err != nil {
		t.Fatal(err)
	}
	f.Release()
}

// TestOtherFormats: 4:4:4 and 10 bits are refused, and do not spoil the decoder.
func TestOtherFormats(t *testing.T) {
	d := start(t)
	for _, name := range []string{"444.obu", "10bit.obu"} {
		if f, err := d.Decode(load(t, name)[0]); err == nil || f != nil {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	f, err := d.Decode(load(t, "320x180.obu")[0])
	if err != nil {
		t.Fatal(err)
	}
	f.Release()
}

// TestAllocations: Go allocates nothing a picture.
func TestAllocations(t *testing.T) {
	if codectest.Race {
		t.Skip("the race detector allocates on its own")
	}
	d, units := start(t), load(t, "320x180.obu")
	n := 0
	step := func() {
		f, err := d.Decode(units[n%len(units)])
		if err != nil {
			t.Fatal(err)
		}
		f.Release()
		n++
	}
	step()
	if got := testing.AllocsPerRun(50, step); got != 0 {
		t.Errorf("%.2f allocations a picture", got)
	}
}

func BenchmarkAV1(b *testing.B) {
	b.Run("decode/320x180", func(b *testing.B) {
		d, units := start(b), load(b, "320x180.obu")
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			f, err := d.Decode(units[n%len(units)])
			if err != nil {
				b.Fatal(err)
			}
			f.Release()
			n++
		}
	})
}
