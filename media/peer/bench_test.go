//go:build unix

package peer

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"parley/connector/rtc"
	"parley/media/device/stamp"
	"parley/media/video"
)

// BenchmarkCall720p runs a whole two-way call at 1280×720, 30 frames a second, in one process: both ends encode, send,
// receive and decode. It reports the processor time of both ends together as cores, allocations and heap.
//
//	go test -tags nolibopusfile -run '^$' -bench Call720p -benchtime 1x ./media/peer
func BenchmarkCall720p(b *testing.B) {
	for _, name := range []string{"VP8", "VP9", "H264"} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				out := newSpeaker()
				config := testConfig(b)
				config.Output = out
				x := newTestConn(b, config, rtc.Config{Codecs: rtc.Codecs{Preferred: []string{name}}})
				y := newTestConn(b, config, rtc.Config{})
				for _, pc := range []*Conn{x, y} {
					camera := startPattern(b, &patternTrack{stamped: true, width: 1280, height: 720, rate: 30,
						fakeTrack: fakeTrack{id: "cam", kind: rtc.Video, enabled: true, ended: make(chan struct{})}}, 100)
					if _, err := pc.SetTrack(rtc.SlotMain, camera); err != nil {
						b.Fatal(err)
					}
					if _, err := pc.SetTrack(rtc.SlotAudio, newTone(b, "tone", 440)); err != nil {
						b.Fatal(err)
					}
				}
				began := time.Now()
				negotiate(b, x, y, rtc.OfferOptions{})
				r := remoteVideo(b, y, 0)
				nextFrames(b, r, 1, 10*time.Second).Release()
				b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms-to-first-frame")
				out.play(time.Second)
				var ages []time.Duration
				cancel := r.Frames().Tap(func(f *video.Frame) {
					if at, ok := stamp.Read(f); ok {
						ages = append(ages, time.Since(at))
					}
				})
				measure(b, r, func() { out.play(5 * time.Second) })
				cancel()
				slices.Sort(ages)
				if n := len(ages); n > 0 {
					b.ReportMetric(float64(ages[n/2].Milliseconds()), "ms-delay-p50")
					b.ReportMetric(float64(ages[n*95/100].Milliseconds()), "ms-delay-p95")
				}
			}
		})
	}
}

func measure(b *testing.B, r *RemoteTrack, run func()) {
	var before, after syscall.Rusage
	var m0, m1 runtime.MemStats
	runtime.ReadMemStats(&m0)
	g, frames := r.Frames().Newest()
	if g != nil {
		g.Release()
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	began := time.Now()
	run()
	wall := time.Since(began).Seconds()
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	runtime.ReadMemStats(&m1)
	f, now := r.Frames().Newest()
	if f != nil {
		f.Release()
	}
	cpu := func(u syscall.Rusage) float64 {
		return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
	}
	b.ReportMetric((cpu(after)-cpu(before))/wall, "cores")
	b.ReportMetric(float64(now-frames)/wall, "frames/s")
	b.ReportMetric(float64(m1.Mallocs-m0.Mallocs)/float64(now-frames+1), "allocs/frame")
	b.ReportMetric(float64(m1.HeapInuse)/1e6, "heap-MB")
}
