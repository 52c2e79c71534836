package codec

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

// accessUnits splits a stream whose pictures are not mixed: one begins with a parameter set, or with a first slice.
func accessUnits(t testing.TB, file string) (units [][]byte) {
	t.Helper()
	stream, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sliced := true
	for nal, rest := NextNAL(stream); nal != nil; nal, rest = NextNAL(rest) {
		kind := nal[0] & 0x1f
		slice := kind == nalSlice || kind == nalIDR
		if first := slice && nal[1]&0x80 != 0; sliced && (!slice || first) {
			units = append(units, nil)
			sliced = false
		}
		sliced = sliced || slice
		last := &units[len(units)-1]
		*last = slices.Concat(*last, []byte{0, 0, 0, 1}, nal)
	}
	return units
}

// The quantizers of streams are those that ffmpeg reads: of constrained baseline, and of what a peer may send besides.
func TestH264QuantizersAreThoseOfFFmpeg(t *testing.T) {
	for _, c := range []struct {
		file string
		want []int
	}{
		{"baseline", []int{27, 30, 30, 30, 30, 27, 30, 30, 30, 30}},   // CAVLC
		{"high", []int{27, 30, 32, 33, 33, 29, 31, 32, 28, 26}},       // CABAC, three slices, weights, long lists
		{"interlaced", []int{16, 25, 34, 32, 34, 32, 34, 33, 30, 31}}, // macroblock-adaptive
	} {
		var q H264Quantizer
		var got []int
		for _, unit := range accessUnits(t, "testdata/"+c.file+".h264") {
			got = append(got, q.Picture(unit))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.file, got, c.want)
		}
	}
}

// Without its parameter sets, or cut in its header, a picture's quantizer is not known; those of others stay known.
func TestH264QuantizerOfBrokenPictures(t *testing.T) {
	units := accessUnits(t, "testdata/high.h264")
	var q H264Quantizer
	if got := q.Picture(units[1]); got != -1 {
		t.Errorf("without parameter sets: %d", got)
	}
	if got := q.Picture(units[0]); got != 27 {
		t.Errorf("the key frame: %d", got)
	}
	header := bytes.Index(units[1], startCode) + 3
	for n := range header + 3 {
		if got := q.Picture(units[1][:n]); got != -1 {
			t.Errorf("%d bytes: %d", n, got)
		}
	}
	if got := q.Picture([]byte("\x00\x00\x01\x68\xff\xff")); got != -1 { // a parameter set of rubbish
		t.Errorf("rubbish: %d", got)
	}
	if got := q.Picture(units[1]); got != 30 {
		t.Errorf("afterwards: %d", got)
	}
}

// What no encoder makes is refused: quantizers out of range, slice groups, lists without end.
func TestH264QuantizerRefuses(t *testing.T) {
	picture := func(groups, references uint32, quantizer uint32) []byte {
		var w bitWriter
		w.ue(0)
		w.ue(0)
		w.bits(0, 2)
		w.ue(groups)
		w.ue(references)
		w.ue(0)
		w.bits(0, 3)
		w.ue(quantizer)
		w.ue(0)
		w.ue(0)
		w.bits(0, 3)
		w.bits(1, 1)
		return append([]byte{0, 0, 1, 0x68}, w.data...)
	}
	slice := func(references, delta uint32) []byte {
		var w bitWriter
		w.ue(0)
		w.ue(5) // P
		w.ue(0)
		w.bits(0, 4) // frame_num; the order type is 1, so two deltas follow
		w.ue(0)
		w.bits(1, 1) // override
		w.ue(references)
		w.bits(0, 2) // no modification, sliding window
		w.ue(delta)
		w.bits(1, 1)
		return append([]byte{0, 0, 1, 0x21}, w.data...)
	}
	for _, c := range []struct {
		what                               string
		groups, of, quantizer, list, delta uint32
		want                               int
	}{
		{"good", 0, 0, 0, 0, 0, 26},
		{"good, finer", 0, 0, 8, 0, 0, 22},
		{"good, finest", 0, 0, 0, 0, 52, 0},
		{"slice groups", 1, 0, 0, 0, 0, -1},
		{"many references", 0, 32, 0, 0, 0, -1},
		{"more references than can be", 0, 0, 0, 32, 0, -1},
		{"quantizer below 0", 0, 0, 54, 0, 0, -1},
		{"of a slice below 0", 0, 0, 0, 0, 54, -1},
		{"of a slice above 51", 0, 0, 0, 0, 51, -1},
	} {
		var q H264Quantizer
		q.Picture(sps(66, 6, 5, 0, 0))
		q.Picture(picture(c.groups, c.of, c.quantizer))
		if got := q.Picture(slice(c.list, c.delta)); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}

func TestH264QuantizerDoesNotAllocate(t *testing.T) {
	units := accessUnits(t, "testdata/high.h264")
	var q H264Quantizer
	if n := testing.AllocsPerRun(100, func() {
		for _, unit := range units {
			q.Picture(unit)
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d pictures", n, len(units))
	}
}

func BenchmarkH264Quantizer(b *testing.B) {
	units := accessUnits(b, "testdata/high.h264")
	var q H264Quantizer
	for b.Loop() {
		for _, unit := range units {
			q.Picture(unit)
		}
	}
}
