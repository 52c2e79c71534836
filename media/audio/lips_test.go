package audio

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"parley/media/playout"
)

// picture is a video stream of the scene's sender over a network of its own.
type picture struct {
	schedule *playout.Video
	delay    func() time.Duration
	sent     int
	inflight []pictureFrame
	shown    pictureFrame
}

type pictureFrame struct {
	captured, arrives, due time.Duration // captured on the sender's clock, the others on ours
	timestamp              uint32
}

const (
	frameTime30 = time.Second / 30
	// senderStart is the sender's wall clock when the scene begins, NTP.
	senderStart = 3_900_000_000 * time.Second
)

func ntp(t time.Duration) uint64 {
	return uint64(t/time.Second)<<32 | uint64(t%time.Second)<<32/uint64(time.Second)
}

// advance sends, receives and shows frames until a moment.
func (p *picture) advance(now time.Duration) {
	for at := time.Duration(p.sent) * frameTime30; at <= now; at = time.Duration(p.sent) * frameTime30 {
		p.inflight = append(p.inflight, pictureFrame{captured: at, arrives: at + p.delay(),
			timestamp: 0xfffe0000 + uint32(at.Microseconds()*9/100)})
		p.sent++
	}
	for i := range p.inflight {
		f := &p.inflight[i]
		if f.due == 0 && f.arrives <= now {
			f.due = max(f.arrives, p.schedule.Frame(f.arrives, f.timestamp, true))
		}
	}
	for len(p.inflight) > 0 && p.inflight[0].due > 0 && p.inflight[0].due <= now {
		p.shown = p.inflight[0]
		p.inflight = p.inflight[1:]
	}
}

// skews runs sound and picture for a minute and returns how much later the sound was each 10 ms of the last half minute,
// as W3C's estimatedPlayoutTimestamp tells it.
func skews(t *testing.T, sound, image func() time.Duration, drift float64, synced bool) (list []time.Duration) {
	s := newScene(t)
	s.drift = drift
	s.network = func(int) (time.Duration, bool) { return sound(), true }
	p := &picture{schedule: playout.NewVideo(90000), delay: image}
	var lips playout.Sync
	report := func(now time.Duration, first uint32, rate int64) playout.Report {
		return playout.Report{NTP: ntp(senderStart + now), Timestamp: first + uint32(int64(now/time.Microsecond)*rate/1e6)}
	}
	for at := 10 * time.Millisecond; at < time.Minute; at += 10 * time.Millisecond {
		s.run(10 * time.Millisecond)
		p.advance(at)
		a, v := report(at, 0xFFFF0000, 48000), report(at, 0xfffe0000, 90000)
		if synced && at%(500*time.Millisecond) == 0 {
			heard, ok := s.j.Ideal(a.Timestamp)
			seen, also := p.schedule.Ideal(v.Timestamp)
			if ok && also {
				extraSound, extraPicture := lips.Update(heard-playout.NTPDuration(a.NTP), seen-playout.NTPDuration(v.NTP))
				s.j.SetExtra(extraSound)
				p.schedule.SetExtra(extraPicture)
			}
		}
		playing, ok := s.j.Playing()
		if at > 30*time.Second && ok {
			heard := a.Moment(playing, 48000)
			seen := v.Moment(p.shown.timestamp, 90000) + at - p.shown.due
			list = append(list, seen-heard)
		}
	}
	if len(list) < 2500 {
		t.Fatalf("%d measurements", len(list))
	}
	slices.SortFunc(list, func(a, b time.Duration) int { return int(max(a, -a) - max(b, -b)) })
	return list
}

// Sound and picture take very different ways; after half a minute at most 45 ms are between them.
func TestSoundAndPictureStayTogether(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	way := func(delay, jitter time.Duration) func() time.Duration {
		return func() time.Duration { return delay + time.Duration(r.Int64N(int64(jitter)+1)) }
	}
	const ms = time.Millisecond
	for _, c := range []struct {
		name         string
		sound, image func() time.Duration
		drift        float64
		apart        bool // without sync they would be
	}{
		{"the same way", way(30*ms, 10*ms), way(30*ms, 10*ms), 0, false},
		{"late picture", way(20*ms, 10*ms), way(180*ms, 50*ms), 0, true},
		{"late sound", way(250*ms, 30*ms), way(30*ms, 10*ms), 0, true},
		{"much jitter", way(50*ms, 60*ms), way(120*ms, 80*ms), 0, true},
		{"a playback clock that is 0.03 % off", way(20*ms, 10*ms), way(180*ms, 50*ms), 300e-6, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := skews(t, c.sound, c.image, c.drift, true)
			p50, p95 := list[len(list)/2], list[len(list)*95/100]
			t.Logf("skew p50 %v, p95 %v", p50, p95)
			if p95 > 45*ms || p95 < -45*ms {
				t.Errorf("skew p95 %v", p95)
			}
			if alone := skews(t, c.sound, c.image, c.drift, false); c.apart && max(alone[len(alone)/2], -alone[len(alone)/2]) < 45*ms {
				t.Errorf("without sync the skew is %v: the test shows nothing", alone[len(alone)/2])
			}
		})
	}
}
