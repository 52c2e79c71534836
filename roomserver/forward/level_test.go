package forward

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// stream is what an outlet sends.
type stream struct {
	rewriter rewriter
	thinner  thinner
	codec    string
	now      time.Time
	out      []rtp.Packet
	asked    int
}

func (s *stream) feed(p *rtp.Packet) {
	if s.now.IsZero() {
		s.now = time.Unix(1000, 0)
		s.rewriter.restart(p, s.now)
		s.thinner.restart()
	}
	keep, ask := s.thinner.wants(s.codec, p.Timestamp, p.Payload, s.now)
	if ask {
		s.asked++
	}
	if run := s.rewriter.place(p, keep, s.now); run != nil {
		sequence, timestamp := s.rewriter.header(p, run, s.now)
		d, _ := describe(s.codec, p.Payload)
		s.out = append(s.out, rtp.Packet{
			Header:  rtp.Header{SequenceNumber: sequence, Timestamp: timestamp},
			Payload: s.rewriter.payload(nil, p.Payload, d, run),
		})
	}
}

// checkContinuous wants sequence numbers and picture ids without a gap.
func (s *stream) checkContinuous(t *testing.T) {
	t.Helper()
	for i := 1; i < len(s.out); i++ {
		a, b := s.out[i-1], s.out[i]
		if b.SequenceNumber != a.SequenceNumber+1 {
			t.Errorf("packet %d: sequence number %d after %d", i, b.SequenceNumber, a.SequenceNumber)
		}
		if int32(b.Timestamp-a.Timestamp) < 0 {
			t.Errorf("packet %d: timestamp goes back", i)
		}
		da, _ := describe(s.codec, a.Payload)
		db, _ := describe(s.codec, b.Payload)
		step := (db.picture - da.picture) & 0x7fff
		if same := a.Timestamp == b.Timestamp; same && step != 0 || !same && step != 1 {
			t.Errorf("packet %d: picture %d after %d", i, db.picture, da.picture)
		}
	}
}

// layered is a VP8 frame of a temporal layer, in two packets.
func layered(sequence uint16, frame int, layer byte, key bool) []*rtp.Packet {
	p := vp8Packet(sequence, uint32(frame)*3000, uint16(frame), 0, key)
	p.Payload[5] = layer << 6
	q := vp8Packet(sequence+1, uint32(frame)*3000, uint16(frame), 0, true)
	q.Payload[0] &^= 0x10 // S clear: goes on
	q.Payload[5] = layer << 6
	return []*rtp.Packet{p, q}
}

func TestLevelsOfALayeredStream(t *testing.T) {
	layers := []byte{0, 2, 1, 2}
	for level, want := range map[Level]map[byte]bool{
		All: {0: true, 1: true, 2: true}, Fewer: {0: true, 1: true, 2: false}, Least: {0: true, 1: false, 2: false},
	} {
		s := &stream{codec: "VP8"}
		s.thinner.level = level
		sequence := uint16(65500)
		for frame := range 41 {
			if frame == 20 {
				s.out = nil // layers are known by now
			}
			for _, p := range layered(sequence, frame, layers[frame%4], frame == 0 || frame == 20) {
				s.feed(p)
				sequence++
			}
			s.now = s.now.Add(time.Second / 30)
		}
		s.checkContinuous(t)
		got := map[byte]int{}
		for _, p := range s.out {
			got[p.Payload[5]>>6]++
		}
		for layer, wanted := range want {
			if (got[layer] > 0) != wanted {
				t.Errorf("%s: %d packets of layer %d", level, got[layer], layer)
			}
		}
	}
}

func TestLeastOfAPlainStreamIsKeyFrames(t *testing.T) {
	s := &stream{codec: "VP8"}
	s.thinner.level = Least
	const rate = 30
	frames := 0
	pending := false
	for frame := range 10 * rate {
		p := vp8Packet(uint16(frame), uint32(frame)*3000, uint16(frame), 0, frame == 0 || pending)
		p.Payload[1], p.Payload[5] = 0xc0, 0 // no layers: neither T nor K
		p.Payload = append(p.Payload[:5], p.Payload[6:]...)
		before := s.asked
		pending = false
		s.feed(p)
		pending = s.asked > before
		s.now = s.now.Add(time.Second / rate)
	}
	s.checkContinuous(t)
	frames = len(s.out)
	if frames < 4 || frames > 6 {
		t.Errorf("%d frames in 10 s: a key frame every two seconds is wanted", frames)
	}
	// Back to everything: nothing goes out before the key frame that the change asks for.
	s.thinner.level = All
	p := vp8Packet(300, 300*3000, 300, 0, false)
	s.feed(p)
	if len(s.out) != frames || s.asked == 0 {
		t.Error("a frame that cannot be decoded went out")
	}
	s.feed(vp8Packet(301, 301*3000, 301, 0, true))
	s.feed(vp8Packet(302, 302*3000, 302, 0, false))
	if len(s.out) != frames+2 {
		t.Errorf("%d frames after the key frame", len(s.out)-frames)
	}
	s.checkContinuous(t)
}

func TestLatePacketsTakeTheirPlaceBetweenLeftOutFrames(t *testing.T) {
	s := &stream{codec: "VP8"}
	s.thinner.level = Least
	feed := func(frame int, layer byte, key bool) { // the second packet of each frame comes after the next frame's
		for _, p := range layered(uint16(2*frame), frame, layer, key) {
			s.feed(p)
		}
	}
	feed(0, 0, true)
	feed(1, 1, false)
	feed(2, 0, false)
	late := layered(6, 3, 0, false)
	s.feed(late[0])
	feed(4, 1, false)
	s.feed(late[1])
	feed(5, 0, false)
	want := []uint16{0, 1, 4, 5, 6, 7, 8, 9}
	seen := map[uint16]bool{}
	for _, p := range s.out {
		if seen[p.SequenceNumber] {
			t.Errorf("sequence number %d twice", p.SequenceNumber)
		}
		seen[p.SequenceNumber] = true
	}
	for i := range want {
		if !seen[uint16(i)] {
			t.Errorf("%d packets went out, number %d did not", len(s.out), i)
		}
	}
}

func TestLongRunsSurviveTheWrap(t *testing.T) {
	s := &stream{codec: "H264"}
	key := &rtp.Packet{Header: rtp.Header{SequenceNumber: 10}, Payload: []byte{0x67, 1}}
	s.feed(key)
	s.thinner.level = Least
	sequence := uint16(10)
	for i := range 150000 {
		sequence++
		s.feed(&rtp.Packet{Header: rtp.Header{SequenceNumber: sequence, Timestamp: uint32(i+1) * 3000}, Payload: []byte{0x41, 1}})
	}
	s.feed(&rtp.Packet{Header: rtp.Header{SequenceNumber: sequence + 1, Timestamp: 160000 * 3000}, Payload: []byte{0x67, 1}})
	if len(s.out) != 2 || s.out[1].SequenceNumber != s.out[0].SequenceNumber+1 {
		t.Fatalf("%d packets: %v", len(s.out), s.out)
	}
}

// vp9Packet builds a non-flexible frame of one packet with a 15-bit picture id.
func vp9Packet(sequence uint16, picture uint16, tl0 uint8, key bool) *rtp.Packet {
	head := byte(0xac) // I, L, B, E
	if !key {
		head |= 0x40 // P
	}
	return &rtp.Packet{
		Header:  rtp.Header{SequenceNumber: sequence, Timestamp: uint32(sequence) * 3000},
		Payload: []byte{head, 0x80 | byte(picture>>8), byte(picture), 0x00, tl0, 1, 2, 3},
	}
}

func TestVP9PicturesGoOnOverASwitch(t *testing.T) {
	s := &stream{codec: "VP9"}
	for i := range 3 {
		s.feed(vp9Packet(uint16(i), 32766+uint16(i), 254+uint8(i), i == 0))
	}
	next := vp9Packet(5000, 7, 99, true)
	s.rewriter.restart(next, s.now.Add(time.Second))
	s.thinner.restart()
	s.feed(next)
	s.feed(vp9Packet(5001, 8, 100, false))
	s.checkContinuous(t)
	for i := 1; i < len(s.out); i++ {
		a, _ := describe("VP9", s.out[i-1].Payload)
		b, _ := describe("VP9", s.out[i].Payload)
		if b.tl0 != a.tl0+1 {
			t.Errorf("TL0PICIDX %d after %d", b.tl0, a.tl0)
		}
	}
}

func TestH264DiscardableFrames(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want bool
	}{
		{[]byte{0x01, 1}, true}, {[]byte{0x41, 1}, false}, {[]byte{0x1c, 0x81}, true}, {[]byte{0x5c, 0x81}, false},
		{[]byte{0x09, 1}, false}, {[]byte{0x1c}, false}, {nil, false},
	} {
		if got := discardableH264(c.b); got != c.want {
			t.Errorf("% x: %v", c.b, got)
		}
	}
}

func TestRaisingTheLevelAsksForAKeyFrame(t *testing.T) {
	asked := make(chan struct{}, 10)
	source := NewSource("a", func() { asked <- struct{}{} })
	defer source.Close()
	o, err := NewOutlet(webrtc.RTPCodecCapability{MimeType: "video/VP8", ClockRate: videoClock}, "v", "s", nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Select(source)
	<-asked
	source.Write(vp8Packet(1, 0, 1, 0, true))
	o.SetLevel(Least)
	if o.Level() != Least {
		t.Error(o.Level())
	}
	source.Write(vp8Packet(2, 3000, 2, 0, false))
	if n := o.Packets(); n != 1 {
		t.Errorf("%d packets went out", n)
	}
	o.SetLevel(All)
	<-asked
	source.Write(vp8Packet(3, 6000, 3, 0, true))
	if n := o.Packets(); n != 2 {
		t.Errorf("%d packets went out", n)
	}
}
