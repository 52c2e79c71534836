package connector_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/stats"
)

// sending lets the statistics of the outgoing camera grow by so much a second for the track that is sent.
type sending struct {
	packets, bytes, frames uint64
	mu                     sync.Mutex
}

func (s *sending) of(w *world, grow func(track string) *sending) func() (rtc.Stats, error) {
	last := time.Now()
	return func() (rtc.Stats, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		track := w.media.Last().Track(rtc.SlotMain)
		if track == nil {
			return rtc.Stats{}, nil
		}
		g, seconds := grow(track.ID()), uint64(time.Since(last)/time.Second)
		if seconds > 0 {
			last = time.Now()
		}
		s.packets, s.bytes, s.frames = s.packets+g.packets*seconds, s.bytes+g.bytes*seconds, s.frames+g.frames*seconds
		return rtc.Stats{Outbound: rtc.OutboundStats{Video: &rtc.StreamStats{TrackID: track.ID(), PacketsSent: s.packets,
			BytesSent: s.bytes, FramesSent: s.frames}}}, nil
	}
}

// A new camera counts as sent when the statistics prove it, by the strictness asked for, or the wait ends.
func TestProofOfSending(t *testing.T) {
	good, weak, none := &sending{packets: 20, bytes: 20_000, frames: 15}, &sending{packets: 2, bytes: 2000, frames: 1}, &sending{}
	for _, c := range []struct {
		prove stats.Strictness
		grow  *sending
		took  time.Duration // at most
		sent  bool
	}{
		{stats.Fast, good, 2 * time.Second, true}, {stats.Normal, good, 2 * time.Second, true},
		{stats.Strict, good, 3 * time.Second, true},
		{stats.Fast, weak, 2 * time.Second, true}, {stats.Normal, weak, 5 * time.Second, true},
		{stats.Strict, weak, 5 * time.Second, false},
		{stats.Fast, none, 5 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.close()
			counters := &sending{}
			w.media.Prepare = func(p *fake.Peer) {
				p.StatsFunc = counters.of(w, func(track string) *sending {
					if track == "new" {
						return c.grow
					}
					return good // what the old camera sent proves nothing
				})
			}
			w.must(w.c.Connect(t.Context(), user()))
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
			time.Sleep(4500 * time.Millisecond)
			begin := time.Now()
			err := w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("new", rtc.Video)},
				connector.ReplaceOptions{Prove: c.prove})
			var unsent *stats.ErrNotSent
			if c.sent && err != nil || !c.sent && (!errors.As(err, &unsent) || unsent.TrackID != "new") {
				t.Errorf("%s %d packets: %v", c.prove, c.grow.packets, err)
			}
			if took := time.Since(begin); took > c.took || !c.sent && took != 5*time.Second || took == 0 {
				t.Errorf("%s %d packets: took %v", c.prove, c.grow.packets, took)
			}
		})
	}
}

// Where statistics take long those of the call come every four seconds only: the proof needs its own.
func TestProofWithSlowStatistics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		counters := &sending{}
		w.media.Prepare = func(p *fake.Peer) {
			count := counters.of(w, func(string) *sending { return &sending{packets: 20, bytes: 20_000, frames: 15} })
			p.StatsFunc = func() (rtc.Stats, error) {
				time.Sleep(60 * time.Millisecond)
				return count()
			}
		}
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
		time.Sleep(10 * time.Second)
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("new", rtc.Video)},
			connector.ReplaceOptions{Prove: stats.Strict}))
	})
}

// A spectator's statistics are those of what he receives; what he sends is proven all the same.
func TestProofOfASpectator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := conference(t, &offers{})
		defer w.close()
		sends := w.media.Last()
		var sent atomic.Uint64
		sends.StatsFunc = func() (rtc.Stats, error) {
			return rtc.Stats{Outbound: rtc.OutboundStats{Video: &rtc.StreamStats{TrackID: "new", PacketsSent: sent.Add(20),
				BytesSent: 1000 * sent.Load(), FramesSent: sent.Load()}}}, nil
		}
		w.info("partstate", "x-webrtc-partstate", "SPECTATOR", "x-webrtc-audioid", "A1")
		w.room("RoomABC", "T1")
		if len(w.media.Peers()) != 2 {
			t.Fatalf("%d peer connections", len(w.media.Peers()))
		}
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("new", rtc.Video)},
			connector.ReplaceOptions{Prove: stats.Strict}))
	})
}

// What needs no proof is not waited for; the end of the call ends the wait.
func TestProofThatIsNotNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := inCall(t)
		defer w.close()
		begin := time.Now()
		off := fake.NewTrack("off", rtc.Video)
		off.SetEnabled(false)
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: off}, connector.ReplaceOptions{Prove: stats.Strict}))
		w.must(w.c.ReplaceStream(t.Context(), rtc.LocalStream{}, connector.ReplaceOptions{Prove: stats.Strict}))
		if took := time.Since(begin); took > 0 {
			t.Errorf("took %v", took)
		}
		outcome := make(chan error, 1)
		go func() {
			outcome <- w.c.ReplaceStream(t.Context(), rtc.LocalStream{Video: fake.NewTrack("new", rtc.Video)},
				connector.ReplaceOptions{Prove: stats.Fast})
		}()
		synctest.Wait()
		w.must(w.c.HangUp(t.Context()))
		if err := <-outcome; !errors.Is(err, stats.ErrStopped) {
			t.Errorf("after the call: %v", err)
		}
	})
}
