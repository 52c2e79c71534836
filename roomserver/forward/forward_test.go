package forward

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"pgregory.net/rapid"

	"parley/media/codec"
)

// vp8Packet builds a packet with a 15-bit picture id and TL0PICIDX, as Chromium sends them.
func vp8Packet(sequence uint16, timestamp uint32, picture uint16, tl0 uint8, key bool) *rtp.Packet {
	header := byte(1)
	if key {
		header = 0
	}
	return &rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: timestamp},
		Payload: []byte{0x90, 0xe0, 0x80 | byte(picture>>8), byte(picture), tl0, 0x00, header, 1, 2, 3},
	}
}

func TestRewriterJoinsSendersIntoOneStream(t *testing.T) {
	var r rewriter
	now := time.Unix(0, 0)
	type out struct {
		sequence, picture uint16
		timestamp         uint32
		tl0               uint8
	}
	var got []out
	feed := func(p *rtp.Packet) {
		run := r.place(p, true, now)
		if run == nil {
			t.Fatalf("packet %d refused", p.SequenceNumber)
		}
		sequence, timestamp := r.header(p, run, now)
		before, _ := describeVP8(p.Payload)
		d, ok := describeVP8(r.payload(nil, p.Payload, before, run))
		if !ok {
			t.Fatal("rewritten descriptor cannot be parsed")
		}
		got = append(got, out{sequence, d.picture, timestamp, d.tl0})
	}
	segment := func(sequence uint16, timestamp uint32, picture uint16, tl0 uint8) {
		for i := range 5 {
			p := vp8Packet(sequence+uint16(i), timestamp+uint32(i)*3000, (picture+uint16(i))&0x7fff, tl0+uint8(i), i == 0)
			if i == 0 {
				r.restart(p, now)
			}
			feed(p)
			now = now.Add(time.Second / 30)
		}
	}
	segment(65533, 4294960000, 32766, 253) // all four wrap
	segment(100, 77, 3, 9)
	segment(40000, 1234567, 20000, 100)
	for i := 1; i < len(got); i++ {
		a, b := got[i-1], got[i]
		if b.sequence != a.sequence+1 || b.picture != (a.picture+1)&0x7fff || b.tl0 != a.tl0+1 {
			t.Errorf("packet %d: %+v does not follow %+v", i, b, a)
		}
		if d := b.timestamp - a.timestamp; d < 2999 || d > 3001 {
			t.Errorf("packet %d: timestamp grew by %d", i, d)
		}
	}
}

func TestRewriterDropsWhatIsOlderThanTheSwitch(t *testing.T) {
	var r rewriter
	now := time.Now()
	r.restart(vp8Packet(1000, 0, 0, 0, true), now)
	header := func(p *rtp.Packet, now time.Time) (uint16, uint32, bool) {
		run := r.place(p, true, now)
		if run == nil {
			return 0, 0, false
		}
		sequence, timestamp := r.header(p, run, now)
		return sequence, timestamp, true
	}
	if _, _, ok := header(vp8Packet(999, 0, 0, 0, false), now); ok {
		t.Error("a packet from before the key frame went out")
	}
	if sequence, _, ok := header(vp8Packet(1002, 0, 0, 0, false), now); !ok || sequence != r.lastSequence {
		t.Error("a packet after a gap must go out with the gap kept")
	}
	if sequence, _, ok := header(vp8Packet(1001, 0, 0, 0, false), now); !ok || sequence != r.lastSequence-1 {
		t.Error("a late packet must take its place in the gap")
	}
}

func TestRewriterFollowsASenderThatBeginsNewNumbers(t *testing.T) {
	var r rewriter
	now := time.Now()
	r.restart(vp8Packet(30000, 0, 0, 0, true), now)
	last := r.lastSequence
	sent := 0
	for i := range 100 {
		p := vp8Packet(uint16(100+i), 50, 0, 0, false)
		if run := r.place(p, true, now); run != nil {
			sent++
			if sequence, _ := r.header(p, run, now); sequence != last+uint16(sent) {
				t.Fatalf("sequence %d after %d", sequence, last)
			}
		}
	}
	if sent < 100-restartAfter {
		t.Errorf("only %d of 100 packets went out", sent)
	}
}

func TestVP8SevenBitPictureIDGrows(t *testing.T) {
	var r rewriter
	p := &rtp.Packet{Payload: []byte{0x90, 0x80, 0x05, 0x00, 9, 9}}
	r.restart(p, time.Now())
	before, _ := describeVP8(p.Payload)
	got := r.payload(nil, p.Payload, before, &r.runs[0])
	d, ok := describeVP8(got)
	if !ok || d.size != 4 || d.picture != 1 || len(got) != 7 || got[4] != 0 || got[6] != 9 {
		t.Errorf("got % x, %+v", got, d)
	}
}

func TestKeyFrameStart(t *testing.T) {
	for _, c := range []struct {
		codec string
		b     []byte
		want  bool
	}{
		{"VP8", []byte{0x10, 0x00}, true},
		{"VP8", []byte{0x10, 0x01}, false},
		{"VP8", []byte{0x00, 0x00}, false}, // middle of a frame
		{"VP8", []byte{0x11, 0x00}, false}, // partition 1
		{"VP8", nil, false},
		{"H264", []byte{0x67, 1}, true},
		{"H264", []byte{0x65, 1}, false},
		{"H264", []byte{0x78, 0, 2, 0x67, 1, 0, 1, 0x68}, true},
		{"H264", []byte{0x78, 0, 1, 0x68, 0, 2, 0x67, 1}, true},
		{"H264", []byte{0x78, 0xff}, false},
		{"VP9", []byte{0x88}, true},
		{"VP9", []byte{0xc8}, false},
		{"AV1", []byte{0x18}, true},
		{"AV1", []byte{0x10}, false},
	} {
		if got := startsKeyFrame(c.codec, c.b); got != c.want {
			t.Errorf("%s % x: %v", c.codec, c.b, got)
		}
	}
}

// TestAV1FirstUnit: size and temporal layer come from the first OBU of a packet, however many follow it.
func TestAV1FirstUnit(t *testing.T) {
	sequence := []byte{0x08, 0x00, 0x00, 0x00, 0x03, 0xb4, 0xfd, 0x93, 0x6b, 0xe4, 0x01} // without its size, as RTP has it
	wantW, wantH := codec.FrameSize("AV1", sequence)
	if wantW < 16 || wantH < 16 {
		t.Fatalf("the sequence header says %dx%d", wantW, wantH)
	}
	frame := []byte{0x34, 0x40, 1, 2, 3} // temporal layer 2
	one := append([]byte{0x18}, sequence...)
	two := slices.Concat([]byte{0x28, byte(len(sequence))}, sequence, frame)
	for _, b := range [][]byte{one, two} {
		if w, h := pictureSize("AV1", b); w != wantW || h != wantH || layerAV1(b) != 0 {
			t.Errorf("% x: %dx%d, layer %d", b, w, h, layerAV1(b))
		}
	}
	for _, c := range []struct {
		b     []byte
		layer int
	}{
		{append([]byte{0x10}, frame...), 2},
		{slices.Concat([]byte{0x00, byte(len(frame))}, frame), 2},
		{append([]byte{0x90}, frame...), 0}, // within an OBU
		{[]byte{0x20, 0xff}, 0},
		{[]byte{0x20, 0x7f, 0x34}, 0},
	} {
		if got := layerAV1(c.b); got != c.layer {
			t.Errorf("% x: layer %d, want %d", c.b, got, c.layer)
		}
		if w, h := pictureSize("AV1", c.b); w != 0 || h != 0 {
			t.Errorf("% x: %dx%d", c.b, w, h)
		}
	}
}

func TestHostilePayloadsAreHarmless(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload")
		var r rewriter
		p := &rtp.Packet{Payload: b}
		r.restart(p, time.Now())
		for _, codec := range []string{"VP8", "VP9", "H264", "AV1"} {
			startsKeyFrame(codec, b)
			if d, ok := describe(codec, b); ok {
				if out := r.payload(nil, b, d, &r.runs[0]); len(out) < len(b) {
					t.Fatalf("% x lost bytes: % x", b, out)
				}
			}
		}
	})
}

func TestKeyFrameRequestsAreLimited(t *testing.T) {
	asked := make(chan struct{}, 100)
	s := NewSource("a", func() { asked <- struct{}{} })
	for range 20 {
		s.RequestKeyFrame()
	}
	<-asked
	start := time.Now()
	<-asked // the trailing one
	if d := time.Since(start); d < keyFrameInterval/2 {
		t.Errorf("second request after %v", d)
	}
	s.RequestKeyFrame()
	s.Close()
	s.RequestKeyFrame()
	if n := len(asked); n > 1 {
		t.Errorf("%d requests too many", n)
	}
}
