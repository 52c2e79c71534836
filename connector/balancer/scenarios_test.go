package balancer_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/balancer"
	"parley/connector/internal/vectors"
	"parley/connector/loop"
)

// stage replays one scenario on a loop in virtual time.
type stage struct {
	loop     *loop.Loop
	begin    time.Time
	mu       sync.Mutex
	timeline []any
	sizes    map[string]balancer.Size
	senders  map[string]*sender
}

func newStage() *stage {
	s := &stage{loop: loop.New(nil), begin: time.Now(), timeline: []any{}, senders: map[string]*sender{},
		sizes: map[string]balancer.Size{}}
	return s
}

func (s *stage) note(entry map[string]any) {
	entry["t"] = time.Since(s.begin).Milliseconds()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timeline = append(s.timeline, entry)
}

// sender keeps its parameters as a browser's does.
type sender struct {
	stage *stage
	name  string
	track string
	codec string
	state []balancer.Encoding
	delay time.Duration
	loud  bool // tells of every look at the track
}

func (s *sender) Track() (any, balancer.Size, bool) {
	if s.track == "" {
		return nil, balancer.Size{}, false
	}
	if s.loud {
		s.stage.note(map[string]any{"call": "getSettings", "track": s.track})
	}
	return s.track, s.stage.sizes[s.track], true
}

func (s *sender) Codec() string                  { return s.codec }
func (s *sender) Encodings() []balancer.Encoding { return s.state }

func (s *sender) SetEncodings(e []balancer.Encoding, done func(error)) {
	s.stage.note(map[string]any{"setParameters": e})
	if s.delay == 0 {
		s.state = e
		done(nil)
		return
	}
	s.stage.loop.After(s.delay, func() {
		s.state = e
		done(nil)
	})
}

func ms(value any) time.Duration {
	n, _ := value.(float64)
	return time.Duration(n) * time.Millisecond
}

// compare takes the timeline's steps out: they are the input.
func (s *stage) compare(c vectors.Case) string {
	var want []any
	for _, entry := range c["timeline"].([]any) {
		e := entry.(map[string]any)
		if _, input := e["step"]; !input {
			want = append(want, e)
		}
	}
	if want == nil {
		want = []any{}
	}
	return vectors.Diff("timeline", s.timeline, want)
}

func (s *stage) on(t *testing.T, fn func()) {
	if err := s.loop.Do(t.Context(), fn); err != nil {
		t.Error(err)
	}
	synctest.Wait()
}

func options(c vectors.Case) balancer.Options {
	o, _ := c["options"].(map[string]any)
	out := balancer.Options{Delay: ms(o["delay"]), Poll: ms(o["pollIntervalMs"]), MaxPoll: ms(o["maxPollIntervalMs"])}
	if ignore, ok := o["ignoreForCodec"].(string); ok {
		out.Ignore = &ignore
	}
	if m, ok := o["maxResolution"]; ok && m != nil {
		size := size(m)
		out.Limit = func() *balancer.Size { return &size }
	}
	return out
}

func monitor(t *testing.T, c vectors.Case) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		defer s.loop.Close()
		s.sizes["A"], s.sizes["B"] = balancer.Size{Width: 640, Height: 480}, balancer.Size{Width: 1280, Height: 720}
		o := options(c)
		m := balancer.Monitor{Loop: s.loop, Interval: o.Poll, Max: o.MaxPoll,
			Changed: func() { s.note(map[string]any{"callback": true}) }}
		get := func(name any) *sender {
			n := name.(string)
			if s.senders[n] == nil {
				s.senders[n] = &sender{stage: s, name: n, track: map[string]string{"s2": "B"}[n], loud: true}
				if s.senders[n].track == "" {
					s.senders[n].track = "A"
				}
			}
			return s.senders[n]
		}
		watched := ""
		for _, value := range c["steps"].([]any) {
			step := value.([]any)
			switch step[0] {
			case "subscribe":
				s.on(t, func() {
					if len(step) < 2 || step[1] == nil {
						watched = ""
						m.Subscribe(nil)
						return
					}
					watched = step[1].(string)
					m.Subscribe(get(step[1]))
				})
			case "unsubscribe":
				s.on(t, func() { watched = ""; m.Unsubscribe() })
			case "advance":
				time.Sleep(ms(step[1]))
				synctest.Wait()
			case "resize":
				s.on(t, func() { s.sizes[step[1].(string)] = balancer.Size{Width: num(step[2]), Height: num(step[3])} })
			case "replaceTrack":
				s.on(t, func() {
					x := get(step[1])
					s.note(map[string]any{"call": "replaceTrack(original)", "sender": x.name})
					x.track, _ = step[2].(string)
					if watched == x.name {
						m.Replaced()
					}
				})
			default:
				diff = fmt.Sprint("unknown step ", step)
				return
			}
		}
		diff = s.compare(c)
	})
	return diff
}

// rig is a balancer with one camera of 1280x720.
func rig(s *stage, c vectors.Case) (*balancer.Balancer, *sender, *bool) {
	o, _ := c["options"].(map[string]any)
	codec, _ := o["codec"].(string)
	if codec == "" {
		codec = "video/VP8"
	}
	s.sizes["A"] = balancer.Size{Width: 1280, Height: 720}
	camera := &sender{stage: s, name: "camera", track: "A", codec: codec, state: []balancer.Encoding{{}}, delay: ms(o["setDelay"])}
	connected := o["noConnection"] != true
	b := &balancer.Balancer{Loop: s.loop, Options: options(c)}
	if b.Options.Poll == 0 {
		b.Options.Poll = 100 * time.Millisecond
	}
	b.Sender = func() (balancer.Sender, bool) {
		if !connected {
			return nil, false
		}
		return camera, true
	}
	return b, camera, &connected
}

func scenario(t *testing.T, c vectors.Case) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		defer s.loop.Close()
		b, _, connected := rig(s, c)
		b.Applied = func(e []balancer.Encoding) { s.note(map[string]any{"onSetParameters": e}) }
		for _, value := range c["steps"].([]any) {
			step := value.([]any)
			switch step[0] {
			case "subscribe":
				s.on(t, b.Subscribe)
			case "unsubscribe":
				s.on(t, b.Unsubscribe)
			case "reset":
				s.on(t, b.Reset)
			case "noConnection":
				s.on(t, func() { *connected = false })
			case "balance":
				s.on(t, func() {
					b.Balance(func(r balancer.Result, err error) {
						if err != nil {
							s.note(map[string]any{"balanceRejected": map[string]any{"$error": err.Error()}})
							return
						}
						s.note(map[string]any{"balanced": map[string]any{"isChanged": r.Changed, "hasSender": r.HasSender}})
					})
				})
			case "control":
				s.on(t, func() { b.Control(command(step[1])) })
			case "resize":
				s.on(t, func() { s.sizes["A"] = balancer.Size{Width: num(step[1]), Height: num(step[2])} })
			case "advance":
				time.Sleep(ms(step[1]))
				synctest.Wait()
			default:
				diff = fmt.Sprint("unknown step ", step)
				return
			}
		}
		diff = s.compare(c)
	})
	return diff
}

func manager(t *testing.T, c vectors.Case) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		defer s.loop.Close()
		b, _, _ := rig(s, c)
		m := &balancer.Manager{Balancer: b, Emit: func(name string, data any) {
			s.note(map[string]any{"event": name, "payload": data})
		}}
		b.Applied = func(e []balancer.Encoding) { m.Emit("parameters-updated", e) }
		for _, value := range c["steps"].([]any) {
			step := value.([]any)
			switch step[0] {
			case "call":
				s.on(t, func() { m.HandleEvent(step[1].(string)) })
			case "advance":
				time.Sleep(ms(step[1]))
				synctest.Wait()
			case "control":
				s.on(t, func() { b.Control(command(step[1])) })
			case "startBalancing":
				s.on(t, func() {
					m.Start(func(err error) {
						if err != nil {
							s.note(map[string]any{"startBalancing": map[string]any{"$error": err.Error()}})
							return
						}
						s.note(map[string]any{"startBalancing": "resolved"})
					})
				})
			case "stopBalancing":
				s.on(t, m.Stop)
			case "resize":
				s.on(t, func() { s.sizes["A"] = balancer.Size{Width: num(step[1]), Height: num(step[2])} })
			default:
				diff = fmt.Sprint("unknown step ", step)
				return
			}
			s.on(t, func() {
				s.note(map[string]any{"isBalancingActive": m.Active(), "isBalancingScheduled": m.Scheduled()})
			})
		}
		diff = s.compare(c)
	})
	return diff
}

// The facts about the balancer and its watcher, in time.
func TestBalancerScenarioVectors(t *testing.T) {
	vectors.Run(t, "video-balancer-scenarios", map[string]func(*testing.T, vectors.Case) string{
		"track-monitor": monitor, "video-sending-balancer": scenario, "video-sending-balancer-manager": manager,
	})
}
