package peer

import (
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"parley/connector/rtc"
	"parley/media/video"
)

// A sender keeps within a bottleneck: by what it is told of arrivals, or, when it knows goog-remb but no transport-wide congestion control, by the bitrate we tell it.
func TestSenderKeepsWithinABottleneck(t *testing.T) {
	const narrow = 350_000
	for _, c := range []struct{ name, drop string }{
		{"with send times", `(rtcp-fb:\S+ transport-cc|extmap:\d+ \S*transport-wide-cc)`},
		{"without", `(rtcp-fb:\S+ transport-cc|extmap:)`},
		{"the sender sees for itself", `nothing`}, // transport-wide congestion control, no REMB
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNarrowNetwork(t, narrow)
			a, b := newTestConn(t, networkConfig(t, n.a), rtc.Config{}), newTestConn(t, networkConfig(t, n.b), rtc.Config{})
			if _, err := a.SetTrack(rtc.SlotMain, newNoisyPattern(t, "cam", 480, 270, 30)); err != nil {
				t.Fatal(err)
			}
			a.SetEncoding(rtc.SlotMain, rtc.Encoding{MaxBitrate: 700_000})
			without := func(text string) string {
				return regexp.MustCompile(`(?m)^a=`+c.drop+`.*\r\n`).ReplaceAllString(text, "")
			}
			offer, err := a.Offer(t.Context(), rtc.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := b.Answer(t.Context(), without(offer))
			if err != nil {
				t.Fatal(err)
			}
			if err := a.ApplyAnswer(t.Context(), without(answer)); err != nil {
				t.Fatal(err)
			}
			connected(t, a, b)
			available := func(pc *Conn, name string) float64 {
				s, err := pc.Stats(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				rate, _ := s.CandidatePair[name].(float64)
				return rate
			}
			eventually(t, "the bottleneck is noticed", 40*time.Second, func() bool {
				rate := available(b, "availableIncomingBitrate")
				return rate > minBitrate && rate < 1.2*narrow
			})
			eventually(t, "the sender keeps to it", 10*time.Second, func() bool {
				rate := available(a, "availableOutgoingBitrate")
				return rate >= minBitrate && rate < 1.2*narrow
			})
		})
	}
}

// With transport-wide congestion control the peer is told nothing: it sees for itself.
func TestNoREMBBesideTransportCC(t *testing.T) {
	a, b, _ := call(t, rtc.Config{}, rtc.Config{})
	nextFrames(t, remoteVideo(t, b, 0), 40, 10*time.Second).Release()
	eventually(t, "an estimate", 5*time.Second, func() bool {
		s, err := b.Stats(t.Context())
		return err == nil && s.CandidatePair["availableIncomingBitrate"] != nil
	})
	a.leg.estimator.mu.Lock()
	defer a.leg.estimator.mu.Unlock()
	if a.leg.estimator.remb != 0 || !a.leg.estimator.feedback {
		t.Errorf("REMB of %.0f, feedback %v", a.leg.estimator.remb, a.leg.estimator.feedback)
	}
}

func TestREMBPace(t *testing.T) {
	var r rembClock
	now := time.Hour
	count := 0
	for range 500 { // 10 s, steady
		now += 20 * time.Millisecond
		if r.due(now, 500_000) {
			count++
		}
	}
	if count < 9 || count > 11 {
		t.Errorf("%d messages in 10 s", count)
	}
	now += rembSoonest
	if !r.due(now, 300_000) || r.due(now+10*time.Millisecond, 100_000) || !r.due(now+rembSoonest, 100_000) {
		t.Error("less is not told at once, or too often")
	}
	if r.due(now+2*rembSoonest, 900_000) {
		t.Error("more is told at once")
	}
}

func TestExtensionsAreFound(t *testing.T) {
	for _, profile := range []uint16{0xbede, 0x1000} {
		h := rtp.Header{Version: 2, Extension: true, ExtensionProfile: profile}
		for id, payload := range map[uint8][]byte{3: {1, 2, 3}, 5: {9}, 7: {4, 5}} {
			if err := h.SetExtension(id, payload); err != nil {
				t.Fatal(err)
			}
		}
		b, err := h.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if x := findExtension(b, 3); string(x) != "\x01\x02\x03" {
			t.Errorf("%x: %v", profile, x)
		}
		if x := findExtension(b, 7); string(x) != "\x04\x05" {
			t.Errorf("%x: %v", profile, x)
		}
		if findExtension(b, 4) != nil || findExtension(b, 0) != nil {
			t.Error("an extension that is not there")
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 20_000 { // nothing breaks
			c := append([]byte(nil), b[:random.IntN(len(b)+1)]...)
			for i := range c {
				if random.IntN(4) == 0 && i > 0 {
					c[i] = byte(random.Uint32())
				}
			}
			findExtension(c, 3)
		}
	}
}

func TestSendClockGoesOn(t *testing.T) {
	c := sendClock{bits: sendTimeBits}
	start := 63 * time.Second
	first := time.Duration(0)
	for i := range 1000 { // 100 s: it begins anew twice
		at := start + time.Duration(i)*100*time.Millisecond
		b := absoluteSendTime(at)
		d := duration(c.at(uint32(b[0])<<16|uint32(b[1])<<8|uint32(b[2])), 1<<sendTimeFraction)
		if i == 0 {
			first = d
		}
		if off := d - first - (at - start); off < -10*time.Microsecond || off > 10*time.Microsecond {
			t.Fatalf("after %v the clock is off by %v", at-start, off)
		}
	}
}

func TestWatchingArrivalsDoesNotAllocate(t *testing.T) {
	a := newArrivals()
	h := rtp.Header{Version: 2, SSRC: 5, Extension: true, ExtensionProfile: 0xbede}
	sent := absoluteSendTime(video.Now())
	if err := h.SetExtension(2, sent[:]); err != nil {
		t.Fatal(err)
	}
	b, err := h.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	a.add(b, 0, true, 90000)
	if n := testing.AllocsPerRun(1000, func() { a.add(b, 2, true, 90000); a.add(b, 0, true, 90000) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What pion's recorder writes, the reader understands.
func TestFeedbackIsRead(t *testing.T) {
	r := twcc.NewRecorder(1)
	want := map[uint16]time.Duration{}
	random := rand.New(rand.NewPCG(1, 2))
	at := 640 * time.Millisecond
	for n := range 300 {
		at += time.Duration(random.IntN(20)) * time.Millisecond
		if n == 150 {
			at += 200 * time.Millisecond // a time of two bytes
		}
		if n%7 == 3 || n > 200 && n < 240 {
			continue // lost
		}
		number := uint16(65400 + n)
		r.Record(9, number, at.Microseconds())
		want[number] = at
	}
	got := map[uint16]time.Duration{}
	for _, packet := range r.BuildFeedbackPacket() {
		b, err := packet.(*rtcp.TransportLayerCC).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		reference, ok := transportReference(b)
		if !ok || worthReading(b) {
			t.Fatalf("%x", b)
		}
		base := time.Duration(reference) * transportReferenceUnit
		if !eachPacket(b, func(number uint16, arrived bool, after time.Duration) {
			if arrived {
				got[number] = base + after
			}
		}) {
			t.Fatalf("%x is not understood", b)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d of %d packets", len(got), len(want))
	}
	for number, at := range want {
		if off := got[number] - at; off < -time.Millisecond || off > time.Millisecond {
			t.Errorf("packet %d: %v, want %v", number, got[number], at)
		}
	}
	remb := rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 1, Bitrate: 1_234_567, SSRCs: []uint32{9}}
	b, err := remb.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if rate, ok := readREMB(b); !ok || rate < 1_230_000 || rate > 1_240_000 {
		t.Errorf("REMB of %.0f", rate)
	}
}

func FuzzFeedback(f *testing.F) {
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 1, 0, 0x20, 2, 4, 4})
	f.Add([]byte{0x8f, 206, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 8, 1, 1, 0, 0, 0, 1})
	f.Add([]byte{0x8f, 205, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0xff, 0xff, 0xdf, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		e := newEstimator()
		defer func() { _ = e.Close() }()
		for n := range 200 {
			e.history.add(uint16(n), time.Duration(n)*time.Millisecond, 1200)
		}
		worthReading(b)
		e.readFeedback(b)
		if rate := e.target(); rate < minBitrate/2 && e.remb == 0 || rate > maxBitrate {
			t.Errorf("%.0f bit/s", rate)
		}
	})
}
