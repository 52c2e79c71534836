package redial_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/internal/vectors"
	"parley/connector/loop"
	"parley/connector/redial"
	"parley/connector/signal"
)

// stage plays one scenario of the reference with our redial, on virtual time.
type stage struct {
	t          *testing.T
	loop       *loop.Loop
	m          *redial.Manager
	begin      time.Time
	events     []any // {t, event, payload}
	states     []string
	registered bool
	spectator  bool
	mode       string // of calls: ok, fail, manual
	pending    func(error)
}

func play(t *testing.T, c vectors.Case) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, begin: time.Now(), registered: true, mode: "manual"}
		s.loop = loop.New(nil)
		defer s.loop.Close()
		o, _ := c["options"].(map[string]any)
		number := func(name string, standard float64) float64 {
			if n, ok := o[name].(float64); ok {
				return n
			}
			return standard
		}
		delays := redial.DefaultDelays
		delays.Base, delays.Max = number("baseBackoffMs", delays.Base), number("maxBackoffMs", delays.Max)
		if jitter, ok := o["jitter"].(string); ok {
			delays.Jitter = redial.Jitter(jitter)
		}
		attempts := int(number("maxAttempts", redial.MaxAttempts))
		if attempts == 0 {
			attempts = -1 // the reference's 0 is our -1: without limit
		}
		random, _ := c["random"].(float64)
		s.m = redial.NewManager(redial.Deps{
			Loop: s.loop, Emit: s.emit, Ready: func() bool { return s.registered }, Spectator: func() bool { return s.spectator },
			Call: s.call, Random: func() float64 { return random },
			Options: redial.Options{MaxAttempts: attempts, Delays: &delays,
				SignalingWait: time.Duration(number("waitSignalingTimeoutMs", 20_000)) * time.Millisecond},
		})
		s.m.Machine().OnChange(func(_, to redial.State) { s.states = append(s.states, string(to)) })
		for _, value := range c["steps"].([]any) {
			if unknown := s.step(value.([]any)); unknown != "" {
				diff = unknown
				return
			}
		}
		diff = s.compare(c)
		s.on(func() { s.m.Disarm(redial.ReasonDisarm) })
	})
	return diff
}

func (s *stage) on(fn func()) {
	if err := s.loop.Do(s.t.Context(), fn); err != nil {
		s.t.Error(err)
	}
	synctest.Wait()
}

func (s *stage) emit(name string, data any) {
	s.events = append(s.events, map[string]any{"t": time.Since(s.begin).Milliseconds(), "event": name, "payload": data})
}

func (s *stage) call(done func(error)) (cancel func()) {
	switch s.mode {
	case "ok":
		done(nil)
	case "fail":
		done(errors.New("call failed"))
	default:
		s.pending = done
	}
	return func() { s.pending = nil }
}

func (s *stage) settle(err error) {
	if done := s.pending; done != nil {
		s.pending = nil
		done(err)
	}
}

func (s *stage) step(step []any) (unknown string) {
	arg := func(i int) string {
		if len(step) <= i || step[i] == nil {
			return ""
		}
		return fmt.Sprint(step[i])
	}
	reason := func(standard string) string {
		if r := arg(1); r != "" {
			return r
		}
		return standard
	}
	switch step[0] {
	case "arm":
		s.on(s.m.Arm)
	case "disarm":
		s.on(func() { s.m.Disarm(reason(redial.ReasonDisarm)) })
	case "force":
		s.on(s.m.Force)
	case "cancelCurrentAttempt":
		s.on(s.m.CancelAttempt)
	case "call.failed", "call.ended":
		s.on(func() { s.m.Over(signal.Cause(arg(1)), signal.Originator(arg(2))) })
	case "call.end-call":
		s.on(func() { s.m.Disarm(redial.ReasonLocalHangUp) })
	case "conn":
		s.on(func() {
			switch arg(1) {
			case "registered":
				s.registered = true
			case "disconnected":
				s.registered = false
			}
			s.m.HandleEvent("connection:" + arg(1))
		})
	case "isRegistered":
		s.on(func() { s.registered = step[1] == true })
	case "spectator":
		s.on(func() { s.spectator = step[1] == true })
	case "startCall.resolve":
		s.on(func() { s.settle(nil) })
	case "startCall.reject":
		s.on(func() { s.settle(errors.New(arg(1))) })
	case "startCallMode":
		s.on(func() { s.mode = arg(1) })
	case "advance":
		time.Sleep(time.Duration(step[1].(float64)) * time.Millisecond)
		synctest.Wait()
	default:
		return "step " + arg(0) + " has no counterpart"
	}
	return ""
}

// compare looks at what was told and when, and at the states that lasted. What happens at one moment is compared without
// its order: the reference tells some of it from within, before what leads to it.
func (s *stage) compare(c vectors.Case) string {
	var told []any
	var states []string
	for _, value := range c["timeline"].([]any) {
		entry := value.(map[string]any)
		if entry["event"] != nil {
			told = append(told, value)
		}
		if state, ok := entry["state"].(string); ok {
			states = append(states, state)
		}
	}
	final := c["final"].(map[string]any)["state"]
	return vectors.First(vectors.Lines("events", normal(s.events), normal(told)), vectors.Diff("states", lasting(s.states), lasting(states)),
		vectors.Diff("final state", s.m.Machine().State(), final))
}

// lasting drops the state that is left at once, and repetitions.
func lasting(states []string) []string {
	states = slices.DeleteFunc(slices.Clone(states), func(state string) bool { return state == "evaluating" })
	return slices.Compact(states)
}

// normal sorts the events of one moment, and writes errors as their texts.
func normal(events []any) []string {
	var lines []string
	for _, value := range events {
		e := vectors.Plain(value).(map[string]any)
		payload, _ := e["payload"].(map[string]any)
		if failure, is := payload["error"].(map[string]any); is {
			payload["error"] = failure["$error"]
		}
		if e["event"] == "terminal" && payload["error"] != nil {
			payload["error"] = "" // its text is for people, and ours
		}
		if e["event"] == "attempt-succeeded" {
			delete(payload, "attempt") // point 5: the reference says 0
		}
		lines = append(lines, fmt.Sprintf("%08.0f %v %v", e["t"], e["event"], payload))
	}
	slices.Sort(lines)
	return lines
}

// What the reference does in whole scenarios of a redial, ours does too; what differs is listed with its reason.
func TestRedialScenarios(t *testing.T) {
	vectors.Learn(t, "call-reconnect", map[string]func(*testing.T, vectors.Case) string{"scenario": play})
}
