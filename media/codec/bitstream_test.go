package codec

import (
	"encoding/hex"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// headers are first bytes of real units, and some that only look like one.
var headers = []struct {
	what, name, data string
	key              bool
	width, height    int
}{
	{"VP8 key frame 640x360", "VP8", "1002009d012a80026801", true, 640, 360},
	{"VP8 later frame", "vp8", "1102009d012a80026801", false, 0, 0},
	{"VP8 without start code", "VP8", "10020000012a80026801", false, 0, 0},
	{"VP8 cut", "VP8", "1002009d01", false, 0, 0},
	{"VP9 key frame 352x288", "VP9", "824983420015f011f0", true, 352, 288},
	{"VP9 wrong sync code", "VP9", "824983430015f011f0", false, 0, 0},
	{"VP9 later frame", "VP9", "86004092", false, 0, 0},
	{"H264 SPS, PPS, IDR 640x360", "H264", "000000016742c01e8c00000001688800000001658800", true, 0, 0},
	{"H264 P slice", "H264", "00000001419a", false, 0, 0},
	{"no start code", "H264", "6588", false, 0, 0},
	{"unknown codec", "THEORA", "00", false, 0, 0},
}

func TestKeyFramesAndSizes(t *testing.T) {
	for _, h := range headers {
		data := unhex(t, h.data)
		if got := IsKeyFrame(h.name, data); got != h.key {
			t.Errorf("%s: key %v", h.what, got)
		}
		if h.width == 0 && h.key {
			continue // sizes of H264 are tested below and against the encoder
		}
		if gw, gh := FrameSize(h.name, data); gw != h.width || gh != h.height {
			t.Errorf("%s: %dx%d, want %dx%d", h.what, gw, gh, h.width, h.height)
		}
	}
}

// bitWriter builds parameter sets for the tests.
type bitWriter struct {
	data []byte
	n    int
}

func (w *bitWriter) bits(v uint32, n int) {
	for i := n - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.data = append(w.data, 0)
		}
		w.data[w.n/8] |= byte(v>>i&1) << (7 - w.n%8)
		w.n++
	}
}

func (w *bitWriter) ue(v uint32) {
	n := 0
	for (v+1)>>(n+1) != 0 {
		n++
	}
	w.bits(0, n)
	w.bits(v+1, n+1)
}

// sps is a sequence parameter set of a picture in macroblocks, with cropping in units of two pixels.
func sps(profile uint32, mbWidth, mbHeight uint32, cropRight, cropBottom uint32) []byte {
	var w bitWriter
	w.bits(profile, 8)
	w.bits(0xc01f, 16)
	w.ue(0) // id
	if profile == 100 {
		w.ue(1)      // 4:2:0
		w.ue(0)      // 8 bits
		w.ue(0)      // 8 bits
		w.bits(0, 1) // no bypass
		w.bits(1, 1) // a scaling matrix
		w.bits(1, 1) // whose first list
		w.ue(16)     // has delta_scale −8: default
		w.bits(0, 7)
	}
	w.ue(0)      // frame number
	w.ue(1)      // picture order type 1
	w.bits(0, 1) //
	w.ue(0)      //
	w.ue(0)      //
	w.ue(2)      // two offsets
	w.ue(3)      //
	w.ue(4)      //
	w.ue(1)      // reference frames
	w.bits(0, 1) // no gaps
	w.ue(mbWidth - 1)
	w.ue(mbHeight - 1)
	w.bits(1, 1) // frames only
	w.bits(1, 1) // direct 8x8
	w.bits(1, 1) // cropping
	w.ue(0)
	w.ue(cropRight)
	w.ue(0)
	w.ue(cropBottom)
	w.bits(0, 1) // no VUI
	w.bits(1, 1) // stop
	return append([]byte{0, 0, 0, 1, 0x67}, w.data...)
}

func TestH264Size(t *testing.T) {
	for _, profile := range []uint32{66, 100} {
		data := sps(profile, 120, 68, 0, 4)
		if w, h := FrameSize("H264", data); w != 1920 || h != 1080 {
			t.Errorf("profile %d: %dx%d, want 1920x1080", profile, w, h)
		}
		if TooLarge("H264", data) || !H264Parameters(data) {
			t.Errorf("profile %d: a parameter set of usual size alone", profile)
		}
	}
	if !TooLarge("H264", sps(66, 4000, 4000, 0, 0)) {
		t.Error("64000x64000 is not too large")
	}
	if w, h := FrameSize("H264", sps(66, 1, 1, 100, 0)); w != 0 || h != 0 {
		t.Errorf("cropped to nothing: %dx%d", w, h)
	}
}

// vp9Resized is the header of a later frame that brings a size of its own.
func vp9Resized(width, height uint32) []byte {
	var w bitWriter
	w.bits(0b10_00_0_1_1_0, 8) // marker, profile, not shown again, inter, shown, not resilient
	w.bits(0, 2)               // reset_frame_context
	w.bits(1, 8)               // refresh_frame_flags
	w.bits(0, 3*4)             // references
	w.bits(0, 3)               // whose sizes are not taken
	w.bits(width-1, 16)
	w.bits(height-1, 16)
	return w.data
}

func TestVP9LaterFrameWithSize(t *testing.T) {
	unit := vp9Resized(800, 600)
	if w, h := FrameSize("VP9", unit); w != 800 || h != 600 || IsKeyFrame("VP9", unit) {
		t.Errorf("%dx%d, key %v", w, h, IsKeyFrame("VP9", unit))
	}
}

// TestVP9Superframe: the first frame decides about the key, the largest about the size.
func TestVP9Superframe(t *testing.T) {
	key, huge := unhex(t, "824983420015f011f0"), vp9Resized(32768, 32768)
	index := []byte{0xc1, byte(len(key)), byte(len(huge)), 0xc1}
	unit := append(append(append([]byte{}, key...), huge...), index...)
	if w, h := FrameSize("VP9", unit); w != 32768 || h != 32768 || !IsKeyFrame("VP9", unit) || !TooLarge("VP9", unit) {
		t.Errorf("%dx%d, key %v", w, h, IsKeyFrame("VP9", unit))
	}
}

// FuzzHeaders: headers come from the network.
func FuzzHeaders(f *testing.F) {
	for _, h := range headers {
		f.Add(unhex(f, h.data))
	}
	f.Add(sps(100, 120, 68, 0, 4))
	f.Add(vp9Resized(800, 600))
	f.Add(unhex(f, "12000a0a00000003b4fd936be40132e31f100080"))
	var known []byte // parameter sets, so that slices can be read
	for _, file := range []string{"baseline", "high", "interlaced"} {
		units := accessUnits(f, "testdata/"+file+".h264")
		known = units[0]
		f.Add(units[0])
		f.Add(units[1])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"VP8", "VP9", "H264", "AV1"} {
			IsKeyFrame(name, data)
			if w, h := FrameSize(name, data); w < 0 || h < 0 || w > 1<<18 || h > 1<<18 {
				t.Errorf("%s: %dx%d", name, w, h)
			}
		}
		H264Parameters(data)
		var q H264Quantizer
		q.Picture(known)
		if qp := q.Picture(data); qp < -1 || qp > h264Coarsest {
			t.Errorf("a quantizer of %d", qp)
		}
	})
}
