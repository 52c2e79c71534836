package connector

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/connector/internal/fake"
	"parley/connector/session"
)

// subscribersOfTheFigure is how many the figure of docs/conformance.md is measured with.
const subscribersOfTheFigure = 20

func quietConnector(tb testing.TB) *Connector {
	tb.Helper()
	c, err := New(Config{Peers: &fake.Factory{}, Dialer: &fake.Dialer{}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// flip changes the snapshot in one turn of the loop.
func (c *Connector) flip(errs *[2]error, n int) {
	c.loop.Post(func() { c.lastError = errs[n&1] })
}

var flips = [2]error{errors.New("one"), errors.New("two")}

// BenchmarkSnapshotFanOut is the time from a change on the loop until all 20 subscribers have seen it: half of them watch
// the whole snapshot, half a slice. The median and the 95th percentile are reported besides the mean.
func BenchmarkSnapshotFanOut(b *testing.B) {
	c := quietConnector(b)
	var all sync.WaitGroup
	text := func(s *session.Snapshot) string {
		if s.LastError == nil {
			return ""
		}
		return s.LastError.Error()
	}
	for i := range subscribersOfTheFigure {
		all.Add(1) // the present snapshot
		if i%2 == 0 {
			c.Watch(func(session.Snapshot) { all.Done() })
		} else {
			WatchSlice(c, text, session.Same, func(string) { all.Done() })
		}
	}
	all.Wait()
	b.ReportAllocs()
	took := make([]time.Duration, 0, b.N)
	for n := 0; b.Loop(); n++ {
		all.Add(subscribersOfTheFigure)
		begin := time.Now()
		c.flip(&flips, n)
		all.Wait()
		took = append(took, time.Since(begin))
	}
	report(b, took)
}

// BenchmarkPublish is what a change costs the loop itself, with 20 subscribers.
func BenchmarkPublish(b *testing.B) {
	c := quietConnector(b)
	for range subscribersOfTheFigure {
		c.Watch(func(session.Snapshot) {})
	}
	b.ReportAllocs()
	err := c.loop.Do(context.Background(), func() {
		for n := 0; b.Loop(); n++ {
			c.lastError = flips[n&1]
			c.publish()
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkTurnWithoutChange is what every turn of the loop costs in which nothing changes: an INFO that is only passed on.
func BenchmarkTurnWithoutChange(b *testing.B) {
	c := quietConnector(b)
	b.ReportAllocs()
	err := c.loop.Do(context.Background(), func() {
		for b.Loop() {
			c.publish()
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	if n := len(took); n > 0 {
		b.ReportMetric(float64(took[n/2].Nanoseconds())/1000, "p50-µs")
		b.ReportMetric(float64(took[n*95/100].Nanoseconds())/1000, "p95-µs")
	}
}
