package peer

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/connector/rtc"
	"parley/media/video"
)

// What a packetizer cuts, the depacketizer puts together again.
func TestPacketizersRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	fill := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = 1 + byte(random.Uint32N(255)) // no start codes inside
		}
		return b
	}
	nal := func(kind byte, n int) []byte { return append([]byte{0, 0, 0, 1, kind}, fill(n)...) }
	for _, c := range []struct {
		f    format
		data []byte
	}{
		{format{name: "VP8"}, fill(1)}, {format{name: "VP8"}, fill(mtu)}, {format{name: "VP8"}, fill(20_000)},
		{format{name: "VP9"}, fill(1)}, {format{name: "VP9"}, fill(20_000)},
		{format{name: "H264", mode: 1}, slices.Concat(nal(0x67, 12), nal(0x68, 4), nal(0x65, 9000), nal(0x65, 300))},
		{format{name: "H264", mode: 0}, slices.Concat(nal(0x67, 12), nal(0x68, 4), nal(0x65, 1000), nal(0x65, 300))},
	} {
		p, d := newPacketizer(c.f), newDepacketizer(c.f.name)
		var out []byte
		d.reset()
		count, ends := 0, 0
		p.packetize(c.data, true, func(payload []byte, last bool) {
			if len(payload) > mtu {
				t.Errorf("%s: payload of %d bytes", c.f.name, len(payload))
			}
			var err error
			if out, err = d.append(out, payload); err != nil {
				t.Errorf("%s: %v", c.f.name, err)
			}
			count++
			if last {
				ends = count
			}
		})
		if !bytes.Equal(out, c.data) || ends != count {
			t.Errorf("%s: %d bytes became %d; the end is marked at %d of %d", c.f.name, len(c.data), len(out), ends, count)
		}
	}
}

// packets feeds numbers to a reorder buffer: three packets a frame.
func feed(r *reorder, at time.Duration, numbers ...int64) {
	for _, n := range numbers {
		p := newPacket()
		p.sequence, p.timestamp, p.marker, p.arrived = n, uint32(n/3*3000), n%3 == 2, at
		p.payload = p.buffer[:10]
		r.insert(p)
	}
}

func TestReorder(t *testing.T) {
	r := newReorder()
	feed(r, 0, 0, 2, 1)
	if first, last, ok := r.frame(); !ok || first != 0 || last != 2 {
		t.Fatalf("frame %d-%d %v", first, last, ok)
	}
	r.drop(3)
	feed(r, time.Millisecond, 3, 5, 6, 7, 8)
	if _, _, ok := r.frame(); ok {
		t.Fatal("a frame with a hole")
	}
	if got := r.requests(time.Millisecond); !slices.Equal(got, []uint16{4}) {
		t.Fatalf("asks for %v", got)
	}
	if got := r.requests(2 * time.Millisecond); len(got) != 0 {
		t.Fatalf("asks again at once for %v", got)
	}
	if got := r.requests(200 * time.Millisecond); !slices.Equal(got, []uint16{4}) {
		t.Fatalf("asks again for %v", got)
	}
	r.broken = false
	if r.expire(50*time.Millisecond) || !r.expire(time.Second) || !r.broken {
		t.Fatal("the hole does not expire in time")
	}
	if first, last, ok := r.frame(); !ok || first != 6 || last != 8 {
		t.Fatalf("frame %d-%d %v", first, last, ok)
	}
	r.drop(9)
	feed(r, time.Second, 4) // too late
	if len(r.missing) != 0 {
		t.Fatal("holes are left")
	}
	feed(r, time.Second, 20_000, 20_001) // a jump
	if _, last, ok := r.frame(); !ok || last != 20_000 {
		t.Fatalf("after a jump: %d %v", last, ok)
	}
	r.close()
	if slices.ContainsFunc(r.ring[:], func(p *packet) bool { return p != nil }) {
		t.Fatal("packets are left")
	}
}

func TestAdaptation(t *testing.T) {
	now := time.Unix(1000, 0)
	var a adaptation
	run := func(c conditions, d time.Duration) {
		for end := now.Add(d); now.Before(end); now = now.Add(500 * time.Millisecond) {
			a.update(now, c)
		}
	}
	camera := conditions{target: 1_000_000, width: 1280, frameRate: 30, codec: "VP8"}
	run(camera, 10*time.Second)
	if a.size != 0 || a.rate != 0 || a.reason != "" {
		t.Fatalf("enough bandwidth: %+v", a)
	}
	camera.target = 150_000
	run(camera, time.Second)
	if a.size != 0 {
		t.Fatal("one bad second lowers the size")
	}
	run(camera, 20*time.Second)
	if a.size == 0 || a.rate != 0 || a.reason != "bandwidth" {
		t.Fatalf("little bandwidth: %+v", a)
	}
	low := a.size
	if w := 1280 * sizeSteps[low]; tableBitrate(int(w), "VP8")*poor > camera.target {
		t.Errorf("still too large: %v", w)
	}
	camera.target = 1_000_000
	run(camera, 4*time.Second)
	if a.size != low {
		t.Fatal("four good seconds raise the size")
	}
	run(camera, 40*time.Second)
	if a.size != 0 || a.reason != "" {
		t.Fatalf("bandwidth again: %+v", a)
	}
	// Text keeps its size and gives up motion.
	text := conditions{target: 150_000, width: 1920, frameRate: 30, codec: "VP8", fixedRate: 1_000_000, keepSize: true}
	run(text, 10*time.Second)
	if a.rate == 0 || a.size != 0 {
		t.Fatalf("text: %+v", a)
	}
	// A slow machine.
	a = adaptation{}
	run(conditions{target: 4_000_000, width: 1920, frameRate: 30, codec: "VP8", load: 1.2}, 10*time.Second)
	if a.size == 0 || a.reason != "cpu" {
		t.Fatalf("overload: %+v", a)
	}
	// When both lack, the way is named (W3C qualityLimitationReason).
	a = adaptation{}
	run(conditions{target: 8_000, width: 1920, frameRate: 30, codec: "VP8", load: 1.2}, 10*time.Second)
	if a.size == 0 || a.reason != "bandwidth" {
		t.Fatalf("overload and little bandwidth: %+v", a)
	}
}

// However many requests and answers get lost, a near peer is asked again as soon as it could have answered.
func TestLostRequestsAreNoSlowAnswers(t *testing.T) {
	r := newReorder()
	random := rand.New(rand.NewPCG(3, 5))
	for range 2000 {
		r.setRoundTrip(time.Duration(300+random.IntN(2000)) * time.Microsecond) // as reports measure it
		times, first := 1, 300*time.Microsecond
		for random.Float64() < 0.5 {
			times, first = times+1, first+r.again()
		}
		r.answered(times, first, 300*time.Microsecond)
	}
	if r.again() > 2*nackMinWait {
		t.Errorf("asked again after %v", r.again())
	}
	// It moves far away: answers to the first request come after the second one, and it is asked less often soon.
	for range 3000 {
		r.setRoundTrip(200 * time.Millisecond)
		r.answered(2, 200*time.Millisecond, 200*time.Millisecond-r.again())
	}
	if r.again() < 150*time.Millisecond {
		t.Errorf("a far peer is asked again after %v", r.again())
	}
}

// What one size was too large for says nothing of smaller ones: after a dip they are back soon, and that one is tried later.
func TestASizeThatIsTooLargeStandsInNoSmallerOnesWay(t *testing.T) {
	now := time.Unix(1000, 0)
	var a adaptation
	run := func(c conditions, d time.Duration) {
		for end := now.Add(d); now.Before(end); now = now.Add(500 * time.Millisecond) {
			c.scarce = a.size == 0
			a.update(now, c)
		}
	}
	rich := conditions{target: 1_500_000, width: 1280, frameRate: 30, codec: "VP8"}
	run(rich, 3*time.Second)
	if a.size != 1 {
		t.Fatalf("%+v", a)
	}
	dip := rich
	dip.target = 80_000
	run(dip, 5*time.Second)
	if a.size < 3 {
		t.Fatalf("in the dip: %+v", a)
	}
	run(rich, 8*time.Second)
	if a.size != 1 {
		t.Errorf("after the dip: %+v", a)
	}
	changes, size := 0, a.size
	for range 20 {
		if run(rich, 15*time.Second); a.size != size {
			changes, size = changes+1, a.size
		}
	}
	if changes > 4 {
		t.Errorf("%d changes in five minutes", changes)
	}
}

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		w, h, maxW, maxH int
		down, step       float64
		wantW, wantH     int
	}{
		{1280, 720, 0, 0, 0, 1, 1280, 720}, {1280, 720, 640, 640, 0, 1, 640, 360}, {1280, 720, 0, 0, 2, 0.5, 320, 180},
		{1281, 721, 0, 0, 1, 1, 1280, 720}, {1280, 720, 0, 0, 200, 1, 16, 16}, {720, 1280, 1280, 720, 0, 1, 404, 720},
	} {
		if w, h := scaled(c.w, c.h, c.maxW, c.maxH, c.down, c.step); w != c.wantW || h != c.wantH {
			t.Errorf("%+v: %dx%d", c, w, h)
		}
	}
}

func TestLocalFormats(t *testing.T) {
	names := func(c rtc.Codecs) (list []string) {
		for _, f := range localFormats(c) {
			if f.kind == rtc.Video && f.rtx != 0 && f.mode != 0 || f.name != "H264" {
				list = append(list, f.name)
			}
		}
		return list
	}
	if got := names(rtc.Codecs{}); !slices.Contains(got, "VP8") || !slices.Contains(got, "opus") {
		t.Errorf("%v", got)
	}
	got := names(rtc.Codecs{Preferred: []string{" vp9", "PCMA"}, Excluded: []string{"opus"}})
	if slices.Index(got, "VP9") > slices.Index(got, "VP8") || slices.Index(got, "PCMA") > slices.Index(got, "PCMU") ||
		slices.Contains(got, "opus") {
		t.Errorf("%v", got)
	}
}

func TestStagesDoNotAllocate(t *testing.T) {
	data := make([]byte, 8000)
	for _, f := range []format{{name: "VP8"}, {name: "VP9"}, {name: "H264", mode: 1}} {
		if f.name == "H264" {
			copy(data, []byte{0, 0, 0, 1, 0x65})
			for i := 5; i < len(data); i++ {
				data[i] = 7
			}
		}
		p := newPacketizer(f)
		emit := func([]byte, bool) {}
		if n := testing.AllocsPerRun(100, func() { p.packetize(data, false, emit) }); n != 0 {
			t.Errorf("packetizing %s: %v allocations", f.name, n)
		}
	}
	r := newReorder()
	next := int64(0)
	d := newDepacketizer("VP8")
	frame := make([]byte, 0, 10_000)
	if n := testing.AllocsPerRun(1000, func() {
		feed(r, 0, next, next+2, next+1)
		first, last, _ := r.frame()
		frame = frame[:0]
		for i := first; i <= last; i++ {
			frame, _ = d.append(frame, r.at(i).payload)
		}
		r.drop(last + 1)
		next += 3
	}); n > 0.5 && !raceDetector {
		t.Errorf("receiving a frame: %v allocations", n)
	}
}

// A hole of seconds is not asked for: repairs of it would keep the key frame waiting that is needed anyhow.
func TestAGreatHoleIsGivenUpAtOnce(t *testing.T) {
	r := newReorder()
	defer r.close()
	feed(r, 0, 0, 1, 2)
	r.drop(3)
	r.broken = false
	feed(r, time.Second, 3+mostHole-1)
	if got := r.requests(time.Second); len(got) != mostHole-1 || r.broken {
		t.Fatalf("asks for %d, broken: %v", len(got), r.broken)
	}
	next := int64(3 + 2*mostHole)
	feed(r, 5*time.Second, next, next+1, next+2)
	if got := r.requests(5 * time.Second); len(got) != 0 || !r.broken || len(r.missing) != 0 {
		t.Fatalf("asks for %d, %d missing, broken: %v", len(got), len(r.missing), r.broken)
	}
	if first, _, ok := r.frame(); !ok || first != next {
		t.Fatalf("goes on with %d, %v", first, ok)
	}
}

// A peer that did not agree to repair is neither asked nor waited for; packets that are only out of order still find their
// place.
func TestAPeerWithoutRepairIsNotWaitedFor(t *testing.T) {
	v := testReceiver()
	defer v.letGo()
	var keys, asked int
	v.requestKey, v.requestLost = func() { keys++ }, func([]uint16) { asked++ }
	v.setRepair(false)
	v.pliAt = -time.Minute
	v.track.lastPacket.Store(int64(video.Now())) // it is not muted
	r := v.buffer
	defer r.close()
	feed(r, 0, 0, 1, 2)
	r.drop(3)
	r.broken = false
	feed(r, 10*time.Millisecond, 3, 5)
	v.tick(10*time.Millisecond+waitReordered, 100*time.Millisecond)
	if r.broken || keys != 0 {
		t.Fatal("given up before it can have been overtaken")
	}
	feed(r, 50*time.Millisecond, 4)
	if _, last, ok := r.frame(); !ok || last != 5 {
		t.Fatal("what came out of order is not used")
	}
	r.drop(6)
	const lost = time.Second
	feed(r, lost, 6, 8, 9, 10, 11)
	if v.askAgain() != never || len(r.requests(lost)) != 0 || asked != 0 || v.stats.nack != 0 {
		t.Error("it is asked all the same")
	}
	if v.tick(lost+waitReordered+time.Millisecond, 100*time.Millisecond); !r.broken || keys != 1 {
		t.Errorf("the hole is waited for; %d key frames asked for", keys)
	}
	// The next exchange may bring repair.
	v.setRepair(true)
	feed(r, 2*time.Second, 14)
	if got := r.requests(2 * time.Second); !slices.Equal(got, []uint16{12, 13}) {
		t.Errorf("asks for %v", got)
	}
}
