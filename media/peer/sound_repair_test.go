package peer

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"

	"parley/connector/rtc"
)

// What is missing of a sound is asked for at once and again when no answer came, as long as its time is not over; nobody
// asks who is too far away.
func TestHolesOfSound(t *testing.T) {
	const ms = time.Millisecond
	var h holes
	h.add(10, 0)
	h.add(13, 60*ms)
	if got := h.requests(60 * ms); !slices.Equal(got, []uint16{11, 12}) {
		t.Fatalf("asks for %v", got)
	}
	if got := h.requests(61 * ms); len(got) != 0 {
		t.Fatalf("asks again at once for %v", got)
	}
	if !h.add(12, 65*ms) || h.takes() < 5*ms || h.takes() > 20*ms {
		t.Fatalf("an answer takes %v", h.takes())
	}
	if got := h.requests(90 * ms); !slices.Equal(got, []uint16{11}) {
		t.Fatalf("asks again for %v", got)
	}
	if got := h.requests(60*ms + soundAskFor + ms); len(got) != 0 || h.n != 0 {
		t.Fatalf("too late, asks for %v, %d missing", got, h.n)
	}
	h.add(15, 300*ms)
	if h.add(14, 301*ms) {
		t.Fatal("a packet that was overtaken counts as repaired")
	}
	h.add(15+soundHoles+1, 400*ms)
	if got := h.requests(400 * ms); len(got) != 0 {
		t.Fatalf("after an interruption it asks for %d packets", len(got))
	}
	far := holes{rtt: 150 * ms}
	far.add(1, 0)
	far.add(3, 0)
	if got := far.requests(0); len(got) != 0 {
		t.Fatalf("asks a far peer for %v", got)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 { // hostile numbers
		h.add(random.Int64N(5000), time.Duration(i)*ms)
		h.requests(time.Duration(i) * ms)
	}
}

// TestSoundIsRepeatedAsItWas: to the bit, or SRTP would encrypt two different packets with one counter.
func TestSoundIsRepeatedAsItWas(t *testing.T) {
	var sent [][]byte
	_, c := newWiredOutbound(t, rtc.Audio, interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
		b, err := h.Marshal()
		if err != nil {
			t.Error(err)
		}
		sent = append(sent, append(b, payload...))
		return 0, nil
	}))
	p := c.estimator.pacer
	for n := range 200 {
		h := rtp.Header{Version: 2, SSRC: 1, SequenceNumber: uint16(65500 + n), Timestamp: uint32(n) * 960, PayloadType: 111}
		if _, err := c.writer.Write(&h, []byte{byte(n), 1, 2}, nil); err != nil {
			t.Fatal(err)
		}
	}
	original := bytes.Clone(sent[190])
	for i := range mostRepeats + 1 {
		if got := p.repeat(1, uint16((65500+190)&0xffff)); got != (i < mostRepeats) {
			t.Fatalf("repetition %d: %v", i, got)
		}
	}
	if len(sent) != 200+mostRepeats || !bytes.Equal(sent[len(sent)-1], original) {
		t.Errorf("%d packets; %x became %x", len(sent), original, sent[len(sent)-1])
	}
	if p.repeat(1, 65500) || p.repeat(1, 5000) || p.repeat(9, 65500) {
		t.Error("what is gone or never was is repeated")
	}
	if again := p.total(1).again; again.packets != mostRepeats {
		t.Errorf("counted %d", again.packets)
	}
}

// A call over a network that loses a tenth: nearly all of the sound comes all the same.
func TestLostSoundIsRepaired(t *testing.T) {
	n := newNetwork(t)
	random := rand.New(rand.NewPCG(5, 6))
	n.setDrop(func(_ string, b []byte) bool {
		return len(b) >= 12 && b[0]>>6 == 2 && random.IntN(10) == 0 // RTP and RTCP, both ways
	})
	out := newSpeaker()
	to := networkConfig(t, n.b)
	to.Output = out
	a, b := newTestConn(t, networkConfig(t, n.a), rtc.Config{}), newTestConn(t, to, rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	out.play(8 * time.Second)
	s, err := b.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := s.Inbound.Audio
	if in.NACKCount < 10 || in.RetransmittedReceived < 10 {
		t.Errorf("%d requests, %d packets repaired of %d", in.NACKCount, in.RetransmittedReceived, in.PacketsReceived)
	}
	o, err := a.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Outbound.Audio.RetransmittedPacket < 10 || o.Outbound.Audio.NACKCount < 10 {
		t.Errorf("sent again %d, upon %d requests", o.Outbound.Audio.RetransmittedPacket, o.Outbound.Audio.NACKCount)
	}
	t.Logf("%d of %d samples concealed, %d packets repaired by request, %d by the next packet", in.ConcealedSample,
		in.TotalSamples, in.RetransmittedReceived, in.FECPacketsUsed)
}

// Without NACK nobody is asked: a packet that was overtaken is reordered, not repaired.
func TestReorderedSoundIsNoRepair(t *testing.T) {
	for _, agreed := range []bool{true, false} {
		asked := 0
		r := &audioReceiver{track: &RemoteTrack{}, log: slog.New(slog.DiscardHandler), output: newSpeaker(),
			format: func(uint8) (format, bool) {
				return format{name: "PCMU", kind: rtc.Audio, clock: 8000, channels: 1, pt: 0}, true
			},
			canAsk:      agreed,
			requestLost: func(uint32, []uint16) { asked++ }}
		for _, n := range []int64{1, 3, 2} {
			p := newPacket()
			p.sequence, p.timestamp, p.arrived = n, uint32(n*160), time.Duration(n)*20*time.Millisecond
			p.payload = p.buffer[:160]
			r.push(p, 172, 7)
		}
		if repaired := r.counters.recovered == 1; repaired != agreed || (asked == 1) != agreed {
			t.Errorf("NACK agreed %v: asked %d times, %d repaired", agreed, asked, r.counters.recovered)
		}
		r.close()
	}
}
