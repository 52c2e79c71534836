package connector

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parley/connector/internal/fake"
	"parley/connector/session"
)

// BenchmarkFanOut measures what a change of the snapshot costs with 20 who watch it: on the loop, which hands it over and
// goes on (the goal is less than 50 µs), and until the last of them has seen it.
func BenchmarkFanOut(b *testing.B) {
	const watching = 20
	c, err := New(Config{Peers: &fake.Factory{}, Dialer: &fake.Dialer{}})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := c.Close(context.Background()); err != nil {
			b.Error(err)
		}
	}()
	var seen atomic.Int64
	all := make(chan struct{}, 1)
	for range watching {
		defer c.Watch(func(session.Snapshot) {
			if seen.Add(1)%watching == 0 {
				all <- struct{}{}
			}
		})()
	}
	<-all // what there was at the beginning
	var onLoop, untilLast []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		var begin time.Time
		if err := c.loop.Do(b.Context(), func() {
			c.media.microphoneForced = !c.media.microphoneForced
			begin = time.Now()
			c.publish()
			onLoop = append(onLoop, time.Since(begin))
		}); err != nil {
			b.Fatal(err)
		}
		<-all
		untilLast = append(untilLast, time.Since(begin))
	}
	for name, took := range map[string][]time.Duration{"loop": onLoop, "last": untilLast} {
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, name+"-p50-µs")
		b.ReportMetric(float64(took[len(took)*95/100].Nanoseconds())/1e3, name+"-p95-µs")
	}
}
