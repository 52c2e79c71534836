package connector_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/health"
	"parley/connector/internal/fake"
	"parley/connector/internal/vectors"
	"parley/connector/loop"
	"parley/connector/rtc"
	"parley/connector/stats"
)

// bench replays one scenario on a loop in virtual time.
type bench struct {
	t        *testing.T
	loop     *loop.Loop
	begin    time.Time
	mu       sync.Mutex
	timeline []any
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, loop: loop.New(nil), begin: time.Now(), timeline: []any{}}
}

func (b *bench) note(entry map[string]any) {
	entry["t"] = time.Since(b.begin).Milliseconds()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timeline = append(b.timeline, entry)
}

func (b *bench) on(fn func()) {
	if err := b.loop.Do(b.t.Context(), fn); err != nil {
		b.t.Error(err)
	}
	synctest.Wait()
}

func inBubble(t *testing.T, fn func(b *bench) string) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer b.loop.Close()
		diff = fn(b)
	})
	return diff
}

// adaptive: collecting takes what the case says, at least one millisecond.
func adaptive(t *testing.T, c vectors.Case) string {
	return inBubble(t, func(b *bench) string {
		plan := c["collectDurationsMs"].([]any)
		n := 0
		peer := &fake.Peer{}
		peer.StatsFunc = func() (rtc.Stats, error) {
			step := plan[min(n, len(plan)-1)]
			n++
			b.note(map[string]any{"call": "getStats"})
			if step == "reject" {
				return rtc.Stats{}, errors.New("stats failed")
			}
			time.Sleep(max(time.Millisecond, duration(step)))
			return rtc.Stats{}, nil
		}
		options := c["options"].(map[string]any)
		m := stats.NewManager(b.loop, func(name string, data any) {
			entry := map[string]any{"event": name}
			if name == "stopped" {
				entry["payload"] = data
			}
			b.note(entry)
		}, func() rtc.PeerConnection {
			if plan[min(n, len(plan)-1)] == "nopc" {
				n++
				return nil
			}
			return peer
		}, func(float64) {}, func(err error) { b.note(map[string]any{"error": map[string]any{"$error": err.Error()}}) })
		m.Collector.First = duration(options["interval"])
		b.on(func() { m.HandleEvent("peerconnection:confirmed") })
		total := duration(c["totalMs"])
		if stop, ok := options["stopAt"]; ok {
			time.Sleep(duration(stop))
			synctest.Wait()
			b.on(func() {
				m.HandleEvent("ended")
				b.note(map[string]any{"requested": m.Collector.Running()})
			})
			total -= duration(stop)
		}
		time.Sleep(total)
		synctest.Wait()
		return vectors.Diff("timeline", b.timeline, c["timeline"])
	})
}

func flagsOf(f stats.Flags) map[string]any {
	out := map[string]any{"isInvalidInboundFrames": f.InvalidFrames, "isNoInboundVideoTraffic": f.NoTraffic,
		"isInboundVideoStalled": f.Stalled, "hasAvailableIncomingBitrateChangedQuarter": f.BitrateJumped}
	if f.Bitrate != nil {
		out["availableIncomingBitrate"] = *f.Bitrate
	}
	return out
}

func replayFlags(t *testing.T, c vectors.Case) string {
	return inBubble(t, func(b *bench) string {
		var reported []any
		m := stats.NewManager(b.loop, func(string, any) {}, nil,
			func(rate float64) { reported = append(reported, map[string]any{"availableIncomingBitrate": rate}) }, nil)
		m.Source = func() rtc.PeerConnection { return nil }
		for i, value := range c["steps"].([]any) {
			step := value.(map[string]any)
			reported = []any{}
			want := map[string]any{}
			if initial, ok := step["initial"].(map[string]any); ok {
				want = initial
			} else {
				for k, v := range step {
					if k != "input" && k != "sendStats" {
						want[k] = v
					}
				}
				input := step["input"].(map[string]any)
				if event, ok := input["call"].(string); ok {
					b.on(func() { m.HandleEvent(event) })
				} else {
					b.on(func() { m.Collector.Collected(collection(input)) })
				}
				if sent, ok := step["sendStats"]; ok {
					if d := vectors.Diff("reported", reported, sent); d != "" {
						return fmt.Sprintf("step %d: %s", i, d)
					}
				}
			}
			if d := vectors.Diff("flags", flagsOf(m.Flags()), want); d != "" {
				return fmt.Sprintf("step %d: %s", i, d)
			}
		}
		return ""
	})
}

func collection(input map[string]any) rtc.Stats {
	s := rtc.Stats{}
	n := func(name string) uint64 { return uint64(numberOf(input[name])) }
	if input["noInbound"] != true {
		s.Inbound.Video = &rtc.StreamStats{FramesReceived: n("fr"), FramesDecoded: n("fd"), PacketsReceived: n("p"), BytesReceived: n("b")}
		if input["p"] == nil && input["b"] == nil {
			s.Inbound.Video = nil // nothing is said of the video
		}
	}
	if rate, ok := input["bitrate"].(float64); ok {
		s.CandidatePair = map[string]any{"availableIncomingBitrate": rate}
	}
	return s
}

func lifecycle(t *testing.T, c vectors.Case) string {
	return inBubble(t, func(b *bench) string {
		m := stats.NewManager(b.loop, func(name string, data any) {
			entry := map[string]any{"event": name}
			if name == "stopped" {
				entry["payload"] = data
			}
			b.note(entry)
		}, func() rtc.PeerConnection { return &fake.Peer{} }, func(float64) {}, nil)
		for _, value := range c["timeline"].([]any) {
			step := value.(map[string]any)
			event, ok := step["callEvent"].(string)
			if !ok {
				continue
			}
			time.Sleep(duration(step["t"]) - time.Since(b.begin))
			synctest.Wait()
			b.on(func() {
				b.note(map[string]any{"callEvent": event})
				m.HandleEvent(event)
			})
		}
		time.Sleep(duration(c["stepGapMs"]))
		synctest.Wait()
		return vectors.Diff("timeline", b.timeline, c["timeline"])
	})
}

func sentOf(value any) stats.Sent {
	m := value.(map[string]any)
	get := func(names ...string) *float64 {
		for _, name := range names {
			if n, ok := m[name].(float64); ok {
				return &n
			}
		}
		return nil
	}
	return stats.Sent{TrackID: textOf(m["tid"]), Packets: get("ps"), Bytes: get("bs"), Frames: get("fe", "mf")}
}

func outbound(t *testing.T, c vectors.Case) string {
	return inBubble(t, func(b *bench) string {
		v := stats.Verifier{Loop: b.loop}
		// The vectors' wait counts from the sample before the newest, which it judges at once.
		var baseline stats.Sent
		before := c["before"].([]any)
		var judged []any
		if n := len(before); n > 0 {
			baseline, judged = sentOf(before[max(0, n-2)]), before[max(1, n-1):]
		}
		options := c["options"].(map[string]any)
		var settled atomic.Bool
		b.on(func() {
			v.Wait(baseline, textOf(c["trackId"]), stats.Strictness(textOf(options["strictness"])), duration(options["timeout"]), func(err error) {
				settled.Store(true)
				if err != nil {
					b.note(map[string]any{"rejected": map[string]any{"$error": err.Error()}})
					return
				}
				b.note(map[string]any{"resolved": true})
			})
			for _, s := range judged {
				v.Add(sentOf(s))
			}
		})
		b.note(map[string]any{"settledImmediately": settled.Load()})
		for _, s := range c["after"].([]any) {
			time.Sleep(time.Second)
			b.on(func() { v.Add(sentOf(s)) })
			b.note(map[string]any{"collected": s, "settled": settled.Load()})
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		return vectors.Diff("timeline", b.timeline, c["timeline"])
	})
}

// refused tells whether a constructor's number is no positive integer.
func count(value any, standard int) int {
	switch n := value.(type) {
	case nil:
		return standard
	case float64:
		if n == float64(int(n)) {
			return int(n)
		}
	}
	return -1
}

func thrown(err error) any {
	if err == nil {
		return nil
	}
	return map[string]any{"$error": err.Error()}
}

func healthMonitor(_ *testing.T, c vectors.Case) string {
	var emitted []any
	m, err := health.NewMonitor(func(name string, data any) {
		emitted = append(emitted, map[string]any{"event": name, "payload": data})
	}, count(c["minConsecutiveProblemSamplesCount"], health.MinSamples))
	if d := vectors.Diff("refused", thrown(err), c["constructorError"]); d != "" || err != nil {
		return d
	}
	for i, value := range c["steps"].([]any) {
		step := value.(map[string]any)
		input := step["input"].(map[string]any)
		emitted = []any{}
		if event, ok := input["call"].(string); ok {
			m.HandleEvent(event)
		} else if n, ok := input["setMin"]; ok {
			err := m.SetMinSamples(count(n, 0))
			if want, ok := step["thrown"]; ok {
				if d := vectors.Diff("refused", thrown(err), want); d != "" {
					return d
				}
			}
		} else {
			m.Add(health.Snapshot{Muted: input["muted"] == true, InvalidFrames: input["invalid"] == true,
				NoTraffic: input["noTraffic"] == true, Stalled: input["stalled"] == true})
		}
		if d := vectors.Diff("emitted", emitted, step["emitted"]); d != "" {
			return fmt.Sprintf("emitted at step %d: %s", i, d)
		}
	}
	return ""
}

func recovery(t *testing.T, c vectors.Case) string {
	return inBubble(t, func(b *bench) string {
		var pending func(error)
		window := func(value any, standard time.Duration) time.Duration {
			if n := count(value, int(standard/time.Millisecond)); n > 0 {
				return time.Duration(n) * time.Millisecond
			}
			return -1
		}
		r, err := health.NewRecovery(b.loop, func(done func(error)) {
			b.note(map[string]any{"call": "renegotiate"})
			pending = done
		}, window(c["throttleRecoveryTimeout"], health.Throttle))
		if d := vectors.Diff("refused", thrown(err), c["constructorError"]); d != "" || err != nil {
			return d
		}
		for _, value := range c["timeline"].([]any) {
			step := value.(map[string]any)
			name, ok := step["step"].(string)
			if !ok {
				continue
			}
			entry := map[string]any{"step": name}
			if arg, ok := step["arg"]; ok {
				entry["arg"] = arg
			}
			b.on(func() { b.note(entry) })
			switch name {
			case "recover":
				b.on(r.Recover)
			case "resolve", "reject":
				b.on(func() {
					if done := pending; done != nil {
						pending = nil
						if name == "reject" {
							done(context.DeadlineExceeded)
						} else {
							done(nil)
						}
					}
				})
			case "advance":
				time.Sleep(duration(step["arg"]))
				synctest.Wait()
			case "call":
				b.on(func() { r.HandleEvent(textOf(step["arg"])) })
			case "setTimeout":
				b.on(func() {
					if err := r.SetThrottle(window(step["arg"], 0)); err != nil {
						b.note(map[string]any{"thrown": map[string]any{"$error": err.Error()}})
					}
				})
			default:
				return "unknown step " + name
			}
		}
		return vectors.Diff("timeline", b.timeline, c["timeline"])
	})
}

// The facts about statistics, health and recovery, in time.
func TestStatsAndHealthVectors(t *testing.T) {
	vectors.Run(t, "stats-and-health", map[string]func(*testing.T, vectors.Case) string{
		"adaptive-interval": adaptive, "stats-flags": replayFlags, "stats-lifecycle": lifecycle,
		"wait-outbound-video": outbound, "health-monitor": healthMonitor, "main-stream-recovery": recovery,
	})
}
