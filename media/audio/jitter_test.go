package audio

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"sort"
	"testing"
	"time"
)

// sineDecoder decodes packets that hold their media time into a 400 Hz sine, so that every gap and repetition shows.
type sineDecoder struct {
	rate, channels, samples int
	at                      int64
	fec                     int
	redundant               bool // packets hold the ones before them
}

func (d *sineDecoder) Redundant([]byte) bool { return d.redundant }

func (d *sineDecoder) Decode(pcm []int16, packet []byte) (int, error) {
	d.at = int64(binary.BigEndian.Uint64(packet))
	d.fill(pcm, d.samples)
	return d.samples, nil
}

func (d *sineDecoder) Conceal(pcm []int16, samples int, next []byte) error {
	if next != nil {
		d.fec++
	}
	d.fill(pcm, samples) // a perfect concealer: goes on
	return nil
}

func (d *sineDecoder) fill(pcm []int16, samples int) {
	for i := range samples {
		for c := range d.channels {
			pcm[i*d.channels+c] = int16(10000 * math.Sin(2*math.Pi*400*float64(d.at)/float64(d.rate)))
		}
		d.at++
	}
}

func (d *sineDecoder) Close() error { return nil }

// scene is a stream over a simulated network, in virtual time.
type scene struct {
	t       *testing.T
	j       *JitterBuffer
	decoder *sineDecoder
	now     time.Duration
	clock   int // RTP
	packet  time.Duration
	drift   float64 // how much faster the playback clock is than the sender's
	seq     uint16
	ts      uint32
	// network returns when a packet arrives after it was sent, and whether.
	network func(i int) (time.Duration, bool)
	// speaking tells whether the sender sends packet i (DTX).
	speaking func(i int) bool
	sent     int
	reads    float64
	jump     int // greatest step between samples
	last     int16
	inflight []arrival
	steady   bool // steps are looked at
}

type arrival struct {
	at  time.Duration
	seq uint16
	ts  uint32
	pos int64
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, clock: 48000, packet: 20 * time.Millisecond, seq: 65500, ts: 0xFFFF0000}
	s.decoder = &sineDecoder{rate: 48000, channels: 1, samples: 960}
	s.network = func(int) (time.Duration, bool) { return 30 * time.Millisecond, true }
	s.speaking = func(int) bool { return true }
	s.build(JitterOptions{Decoder: s.decoder, ClockRate: 48000, Channels: 1})
	return s
}

func (s *scene) build(o JitterOptions) {
	o.Now = func() time.Duration { return s.now }
	var err error
	if s.j, err = NewJitterBuffer(o); err != nil {
		s.t.Fatal(err)
	}
}

// run for a while.
func (s *scene) run(d time.Duration) {
	end := s.now + d
	pcm := make([]int16, stereoFrame)
	for {
		nextRead := time.Duration(s.reads * float64(10*time.Millisecond) / (1 + s.drift))
		nextSend := time.Duration(s.sent) * s.packet
		switch {
		case nextSend <= nextRead:
			if nextSend > end {
				return
			}
			s.send(nextSend)
		default:
			if nextRead > end {
				return
			}
			s.deliver(nextRead)
			s.now = nextRead
			s.j.Read(pcm)
			s.reads++
			s.look(pcm)
		}
	}
}

func (s *scene) send(at time.Duration) {
	if s.speaking(s.sent) {
		if delay, ok := s.network(s.sent); ok {
			s.inflight = append(s.inflight, arrival{at + delay, s.seq, s.ts, int64(s.sent * s.decoder.samples)})
			sort.SliceStable(s.inflight, func(a, b int) bool { return s.inflight[a].at < s.inflight[b].at })
		}
		s.seq++
	}
	s.sent++
	s.ts += uint32(int64(s.packet) * int64(s.clock) / int64(time.Second))
}

func (s *scene) deliver(until time.Duration) {
	for len(s.inflight) > 0 && s.inflight[0].at <= until {
		a := s.inflight[0]
		s.inflight = s.inflight[1:]
		s.now = a.at
		s.j.Push(a.seq, a.ts, binary.BigEndian.AppendUint64(nil, uint64(a.pos)), a.at)
	}
}

func (s *scene) look(pcm []int16) {
	for i := 0; i < len(pcm); i += 2 {
		if pcm[i] != pcm[i+1] {
			s.t.Fatal("mono is not on both sides")
		}
		if s.steady {
			s.jump = max(s.jump, int(pcm[i])-int(s.last), int(s.last)-int(pcm[i]))
		}
		s.last = pcm[i]
	}
}

// since returns what was counted after before.
func since(before, now Counters) Counters {
	now.TotalSamplesReceived -= before.TotalSamplesReceived
	now.ConcealedSamples -= before.ConcealedSamples
	now.ConcealmentEvents -= before.ConcealmentEvents
	now.InsertedSamplesForDeceleration -= before.InsertedSamplesForDeceleration
	now.RemovedSamplesForAcceleration -= before.RemovedSamplesForAcceleration
	return now
}

const warmUp = 5 * time.Second

func (s *scene) measure(d time.Duration) Counters {
	s.run(warmUp)
	before := s.j.Counters()
	s.steady = true
	s.run(d)
	return since(before, s.j.Counters())
}

// sineStep is the greatest step of an undamaged 400 Hz sine of 10000.
const sineStep = 530

func TestCleanNetworkAcrossWraps(t *testing.T) {
	s := newScene(t) // sequence numbers wrap after 36 packets, timestamps after 1.4 s
	c := s.measure(30 * time.Second)
	if c.ConcealedSamples != 0 || s.jump > sineStep {
		t.Fatalf("concealed %d samples, step of %d", c.ConcealedSamples, s.jump)
	}
	if c.TotalSamplesReceived != 30*48000 {
		t.Fatalf("%d samples in 30 s", c.TotalSamplesReceived)
	}
	if c.Delay < 15*time.Millisecond || c.Delay > 45*time.Millisecond || c.Target > 40*time.Millisecond {
		t.Fatalf("delay %v, target %v on a network without jitter", c.Delay, c.Target)
	}
	if mean := c.JitterBufferDelay / float64(c.JitterBufferEmittedCount); mean < 0.01 || mean > 0.06 {
		t.Fatalf("packets waited %v s on average", mean)
	}
}

func TestJitterIsAbsorbed(t *testing.T) {
	s := newScene(t)
	r := rand.New(rand.NewPCG(1, 1))
	s.network = func(int) (time.Duration, bool) {
		return 30*time.Millisecond + time.Duration(r.IntN(80))*time.Millisecond, true
	}
	c := s.measure(60 * time.Second)
	if share := float64(c.ConcealedSamples) / float64(c.TotalSamplesReceived); share > 0.02 {
		t.Errorf("%.1f %% concealed", share*100)
	}
	if c.Delay < 55*time.Millisecond || c.Delay > 130*time.Millisecond {
		t.Errorf("delay %v for 80 ms of jitter", c.Delay)
	}
	// And it comes down again when the network calms.
	s.network = func(int) (time.Duration, bool) { return 70 * time.Millisecond, true }
	s.run(40 * time.Second)
	if c := s.j.Counters(); c.Delay > 50*time.Millisecond {
		t.Errorf("delay %v after the network calmed, target %v", c.Delay, c.Target)
	}
}

func TestLossIsConcealed(t *testing.T) {
	s := newScene(t)
	s.network = func(i int) (time.Duration, bool) {
		return 30 * time.Millisecond, i%20 != 7 && i%100 != 8 // 5 % single losses, every fifth of them double
	}
	c := s.measure(60 * time.Second)
	share := float64(c.ConcealedSamples) / float64(c.TotalSamplesReceived)
	if share < 0.05 || share > 0.075 || s.jump > sineStep {
		t.Fatalf("%.1f %% concealed, step of %d", share*100, s.jump)
	}
	if c.ConcealmentEvents < 140 || c.ConcealmentEvents > 160 {
		t.Fatalf("%d concealment events", c.ConcealmentEvents)
	}
	if s.decoder.fec > 0 || c.FECPacketsUsed > 0 || c.Target > 25*time.Millisecond {
		t.Fatalf("%d times content was looked for where none is; target %v", s.decoder.fec, c.Target)
	}
}

// Losses of single packets, by chance: playout waits for the packet after, which holds the lost one too. What is left is
// about the share of two losses in a row, and the delay is little.
func TestLossIsRepairedByTheNextPacket(t *testing.T) {
	for _, c := range []struct{ loss, most float64 }{{0.02, 0.002}, {0.05, 0.005}, {0.10, 0.015}, {0.20, 0.05}} {
		s := newScene(t)
		s.decoder.redundant = true
		random := rand.New(rand.NewPCG(7, 7))
		s.network = func(int) (time.Duration, bool) {
			return 30*time.Millisecond + time.Duration(random.IntN(3))*time.Millisecond, random.Float64() >= c.loss
		}
		s.run(10 * time.Second)
		got := s.measure(2 * time.Minute)
		share := float64(got.ConcealedSamples) / float64(got.TotalSamplesReceived)
		t.Logf("loss %2.0f %%: %.2f %% concealed, %d packets repaired, target %v, delay %v", c.loss*100, share*100,
			got.FECPacketsUsed, got.Target, got.Delay)
		if share > c.most {
			t.Errorf("loss %.0f %%: %.2f %% concealed, want %.2f", c.loss*100, share*100, c.most*100)
		}
		if got.Delay > 60*time.Millisecond {
			t.Errorf("loss %.0f %%: delay %v", c.loss*100, got.Delay)
		}
		if s.jump > 3*sineStep { // two lost in a row, and the delay that changes
			t.Errorf("loss %.0f %%: step of %d", c.loss*100, s.jump)
		}
		// When nothing is lost any more, nothing is waited for.
		s.network = func(int) (time.Duration, bool) { return 30 * time.Millisecond, true }
		s.run(40 * time.Second)
		if after := s.j.Counters(); after.Delay > 45*time.Millisecond || after.Target > 25*time.Millisecond {
			t.Errorf("loss %.0f %%: afterwards delay %v, target %v", c.loss*100, after.Delay, after.Target)
		}
	}
}

func TestReorderingIsUndone(t *testing.T) {
	s := newScene(t)
	s.network = func(i int) (time.Duration, bool) {
		if i%10 == 3 {
			return 55 * time.Millisecond, true // overtaken by the next one
		}
		return 30 * time.Millisecond, true
	}
	c := s.measure(30 * time.Second)
	if share := float64(c.ConcealedSamples) / float64(c.TotalSamplesReceived); share > 0.002 || s.jump > sineStep {
		t.Fatalf("%.2f %% concealed, step of %d", share*100, s.jump)
	}
	if c.PacketsDiscarded > 10 {
		t.Fatalf("%d packets discarded", c.PacketsDiscarded)
	}
}

func TestClockDriftIsFollowed(t *testing.T) {
	for _, drift := range []float64{500e-6, -500e-6} {
		s := newScene(t)
		r := rand.New(rand.NewPCG(2, 2))
		s.network = func(int) (time.Duration, bool) {
			return 30*time.Millisecond + time.Duration(r.IntN(10))*time.Millisecond, true
		}
		s.drift = drift
		c := s.measure(3 * time.Minute)
		want := 500e-6 * 180 * 48000
		changed := float64(c.InsertedSamplesForDeceleration)
		if drift < 0 {
			changed = float64(c.RemovedSamplesForAcceleration)
		}
		net := float64(c.InsertedSamplesForDeceleration) - float64(c.RemovedSamplesForAcceleration)
		if math.Abs(math.Abs(net)-want) > 1500 || changed < want-1500 {
			t.Errorf("drift %v: inserted %d, removed %d, want a difference of %.0f", drift,
				c.InsertedSamplesForDeceleration, c.RemovedSamplesForAcceleration, want)
		}
		if c.ConcealedSamples > 48000/10 || c.Delay > 60*time.Millisecond {
			t.Errorf("drift %v: %d concealed, delay %v", drift, c.ConcealedSamples, c.Delay)
		}
		if s.jump > 3*sineStep { // correlation on a sine is not perfect at integer lags
			t.Errorf("drift %v: step of %d", drift, s.jump)
		}
	}
}

func TestPausesOfTheSenderAreNotLoss(t *testing.T) {
	s := newScene(t)
	s.speaking = func(i int) bool { return i%80 < 40 } // 0.8 s of speech, 0.8 s of nothing
	c := s.measure(60 * time.Second)
	if c.ConcealedSamples > 4800 {
		t.Fatalf("%d samples counted as concealed in pauses", c.ConcealedSamples)
	}
	if c.Delay > 60*time.Millisecond {
		t.Fatalf("delay %v", c.Delay)
	}
}

func TestStallIsCaughtUp(t *testing.T) {
	s := newScene(t)
	s.network = func(i int) (time.Duration, bool) {
		sent := time.Duration(i) * s.packet
		if stall := 10*time.Second + 600*time.Millisecond; sent > 10*time.Second && sent < stall {
			return stall - sent + 30*time.Millisecond, true // all at once
		}
		return 30 * time.Millisecond, true
	}
	s.run(11 * time.Second)
	if c := s.j.Counters(); c.ConcealedSamples < 20000 || c.ConcealedSamples > 30000 {
		t.Errorf("%d samples concealed in 600 ms without packets", c.ConcealedSamples)
	}
	s.run(20 * time.Second)
	c := s.j.Counters()
	if c.Delay > c.Target+40*time.Millisecond {
		t.Errorf("delay %v long after the stall, target %v", c.Delay, c.Target)
	}
}

func TestRestartOfTheStream(t *testing.T) {
	s := newScene(t)
	s.run(5 * time.Second)
	s.seq, s.ts = 1234, 99 // the peer restarted with other numbers
	s.run(time.Second)
	before := s.j.Counters()
	s.steady = true
	s.run(5 * time.Second)
	if c := since(before, s.j.Counters()); c.ConcealedSamples != 0 || s.jump > sineStep {
		t.Fatalf("after a jump: %d concealed, step of %d", c.ConcealedSamples, s.jump)
	}
	s.steady = false
	s.j.Restart()
	s.seq, s.ts = s.seq+5, s.ts+1<<20 // close numbers, but said to be new
	s.run(time.Second)
	before = s.j.Counters()
	s.steady = true
	s.run(5 * time.Second)
	if c := since(before, s.j.Counters()); c.ConcealedSamples != 0 || s.jump > sineStep {
		t.Fatalf("after Restart: %d concealed, step of %d", c.ConcealedSamples, s.jump)
	}
}

func TestNarrowBandIsResampled(t *testing.T) {
	s := newScene(t)
	s.decoder = &sineDecoder{rate: 8000, channels: 1, samples: 160}
	s.clock = 8000
	s.build(JitterOptions{Decoder: s.decoder, ClockRate: 8000, Channels: 1})
	c := s.measure(10 * time.Second)
	if c.ConcealedSamples != 0 || s.jump > sineStep+40 || s.jump < sineStep-40 {
		t.Fatalf("concealed %d, step of %d", c.ConcealedSamples, s.jump)
	}
}

func TestHostilePackets(t *testing.T) {
	s := newScene(t)
	s.j.options.Decoder = hostileDecoder{}
	r := rand.New(rand.NewPCG(3, 3))
	pcm := make([]int16, stereoFrame)
	for i := range 20000 {
		s.now += time.Duration(r.IntN(20)) * time.Millisecond
		seq, ts := uint16(i), uint32(i*960)
		if r.IntN(4) == 0 {
			seq = uint16(r.Uint32())
		}
		if r.IntN(4) == 0 {
			ts = r.Uint32()
		}
		s.j.Push(seq, ts, make([]byte, r.IntN(3)*r.IntN(6000)), s.now)
		if r.IntN(3) > 0 {
			s.j.Read(pcm)
		}
	}
	if len(s.j.fifo) > 48000 || len(s.j.ready) > 48000 {
		t.Fatalf("fifo %d, ready %d", len(s.j.fifo), len(s.j.ready))
	}
}

type hostileDecoder struct{}

func (hostileDecoder) Decode(pcm []int16, p []byte) (int, error) {
	switch len(p) % 4 {
	case 0:
		return 0, nil
	case 1:
		return len(pcm) * 2, nil
	case 2:
		return -1, nil
	}
	return 120, nil
}
func (hostileDecoder) Conceal([]int16, int, []byte) error { return nil }
func (hostileDecoder) Close() error                       { return nil }

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	s := newScene(t)
	s.run(10 * time.Second)
	pcm, payload := make([]int16, stereoFrame), make([]byte, 8)
	// Plain arithmetic from here: the scene's own bookkeeping allocates.
	if n := testing.AllocsPerRun(500, func() {
		s.now += 20 * time.Millisecond
		s.j.Push(s.seq, s.ts, payload, s.now)
		s.seq++
		s.ts += 960
		s.j.Read(pcm)
		s.j.Read(pcm)
	}); n > 0 {
		t.Fatalf("%v allocations a packet", n)
	}
}

func TestClosedBufferIsSilent(t *testing.T) {
	s := newScene(t)
	s.run(time.Second)
	s.j.Close()
	pcm := []int16{1, 2, 3, 4}
	s.j.Read(pcm)
	s.j.Push(1, 2, []byte{3}, s.now)
	for _, v := range pcm {
		if v != 0 {
			t.Fatal(pcm)
		}
	}
	for _, o := range []JitterOptions{{}, {Decoder: s.decoder, ClockRate: 0, Channels: 1}, {Decoder: s.decoder, ClockRate: 48000, Channels: 6}} {
		if _, err := NewJitterBuffer(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}
