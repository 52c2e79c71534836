package connector_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/internal/fake"
	"parley/connector/rtc"
	"parley/connector/signal"
)

// Point 12: a failed collection does not end statistics.
func TestStatsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, events := 0, 0
		w := newWorld(t)
		defer w.close()
		w.media.Prepare = func(p *fake.Peer) {
			p.StatsFunc = func() (rtc.Stats, error) {
				calls++
				if calls == 2 {
					return rtc.Stats{}, errors.New("no statistics")
				}
				return rtc.Stats{}, nil
			}
		}
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
		w.c.Subscribe(func(e connector.Event) {
			if e.Name == "stats:collected" {
				events++
			}
		})
		time.Sleep(4*time.Second + time.Millisecond)
		synctest.Wait()
		if calls != 4 || events != 3 {
			t.Errorf("%d collections, %d events", calls, events)
		}
	})
}

// A dead main video asks for one renegotiation; the outgoing camera is balanced ten seconds into the call and obeys the
// server's commands.
func TestHealthAndBalancing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		rate := 100_000.0
		w.media.Prepare = func(p *fake.Peer) {
			remoteTracks(p)
			p.StatsFunc = func() (rtc.Stats, error) {
				rate *= 2
				return rtc.Stats{Inbound: rtc.InboundStats{Video: &rtc.StreamStats{}},
					CandidatePair: map[string]any{"availableIncomingBitrate": rate}}, nil
			}
		}
		w.must(w.c.Connect(t.Context(), user()))
		w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001", Stream: camera()}))
		time.Sleep(3500 * time.Millisecond)
		synctest.Wait()
		log := strings.Join(w.session().Log(), "\n")
		if n := strings.Count(log, "reinvite"); n != 1 {
			t.Errorf("%d re-INVITEs", n)
		}
		if !strings.Contains(log, "x-webrtc-available-incoming-bitrate: 400000") {
			t.Errorf("log %s", log)
		}
		time.Sleep(7 * time.Second)
		synctest.Wait()
		if e := w.media.Last().Encoding(rtc.SlotMain); e.MaxBitrate != 1_000_000 {
			t.Errorf("encoding %+v", e)
		}
		w.session().Handler().OnInfo("application/vinteo.webrtc.maincam", []signal.Header{
			{Name: "x-webrtc-maincam", Value: "MAXMAINCAMRESOLUTION"}, {Name: "x-webrtc-maincam-resolution", Value: "640x360"}}, nil)
		synctest.Wait()
		if e := w.media.Last().Encoding(rtc.SlotMain); e.MaxBitrate != 500_000 || e.ScaleDown != 2 {
			t.Errorf("encoding %+v", e)
		}
	})
}

// The available incoming bitrate is told when it changed by a quarter, at once or little by little, and not otherwise; the
// next call begins anew.
func TestAvailableIncomingBitrate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		var rate atomic.Int64 // 0: before there is an estimate
		w.media.Prepare = func(p *fake.Peer) {
			p.StatsFunc = func() (rtc.Stats, error) {
				now := rate.Load()
				if now == 0 {
					return rtc.Stats{}, nil
				}
				return rtc.Stats{CandidatePair: map[string]any{"availableIncomingBitrate": float64(now)}}, nil
			}
		}
		w.must(w.c.Connect(t.Context(), user()))
		for range 2 {
			w.must(w.c.Call(t.Context(), connector.CallParameters{Number: "2001"}))
			synctest.Wait()
			for _, step := range []struct{ rate, told int64 }{{0, 0}, {1_000_000, 0}, {1_240_000, 0}, {1_250_000, 1_250_000},
				{1_000_000, 0}, {1_300_000, 1_300_000}, {1_200_000, 0}, {1_100_000, 0}, {970_000, 970_000}, {0, 0}, {960_000, 0},
				{240_000, 240_000}} {
				rate.Store(step.rate)
				n := len(w.session().Log())
				time.Sleep(time.Second)
				synctest.Wait()
				want := ""
				if step.told > 0 {
					want = fmt.Sprintf("info application/vinteo.webrtc.stats | x-webrtc-available-incoming-bitrate: %d", step.told)
				}
				if got := since(w.session().Log(), n); got != want {
					t.Errorf("at %d: %q, want %q", step.rate, got, want)
				}
			}
			// Whatever the server answers, the call goes on.
			w.session().AnswerInfo(func(string, []signal.Header) error { return &signal.ResponseError{Method: "INFO", StatusCode: 481} })
			rate.Store(2_000_000)
			time.Sleep(time.Second)
			synctest.Wait()
			if s := w.c.Snapshot(); s.Call.Number != "2001" {
				t.Errorf("call %+v", s.Call)
			}
			w.must(w.c.HangUp(t.Context()))
			rate.Store(0)
		}
	})
}
