package connectcall_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"parley/connector/autoconnect"
	"parley/connector/connectcall"
	"parley/connector/connection"
	"parley/connector/internal/vectors"
	"parley/connector/loop"
)

// stage plays one scenario of the reference with our session. It is all that the session drives.
type stage struct {
	t    *testing.T
	loop *loop.Loop
	m    *connectcall.Manager

	phases, calls, ends []string
	connecting          func(autoconnect.Outcome, error)
	calling             func(error)
	ending, stopping    func()
	endMode, stopMode   string
	active, redialling  bool // the auto-connector; a call that is being restored
}

func play(t *testing.T, c vectors.Case) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, loop: loop.New(nil)}
		defer s.loop.Close()
		o, _ := c["options"].(map[string]any)
		s.active = o["active"] == true
		s.m = connectcall.NewManager(connectcall.Deps{Loop: s.loop, AutoActive: func() bool { return s.active },
			AutoStart: func(done func(autoconnect.Outcome, error)) { s.connecting = done },
			AutoStop: func(done func()) {
				s.calls = append(s.calls, "stop")
				if s.stopMode == "manual" {
					s.stopping = done
					return
				}
				s.loop.Later(done)
			},
			Call: func(done func(error)) { s.calling = done },
			EndCall: func(done func()) {
				s.calls = append(s.calls, "end")
				if s.endMode == "manual" {
					s.ending = done
					return
				}
				s.loop.Later(done)
			},
			Disarm:     func() { s.calls = append(s.calls, "disarm"); s.redialling = false },
			Redialling: func() bool { return s.redialling },
			Changed: func(p connectcall.Phase) {
				s.phases = append(s.phases, string(p))
				if p == connectcall.Closed {
					s.ends = append(s.ends, "closed "+string(s.m.Machine().Context()))
				}
			}})
		for _, value := range c["steps"].([]any) {
			if unknown := s.step(value.([]any)); unknown != "" {
				diff = unknown
				return
			}
		}
		diff = s.compare(c)
	})
	return diff
}

func (s *stage) on(fn func()) {
	if err := s.loop.Do(s.t.Context(), fn); err != nil {
		s.t.Error(err)
	}
	synctest.Wait()
}

func (s *stage) step(step []any) (unknown string) {
	arg := func(i int) string {
		if len(step) <= i || step[i] == nil {
			return ""
		}
		return fmt.Sprint(step[i])
	}
	note := func(what string) func(connectcall.Reason) {
		return func(connectcall.Reason) { s.ends = append(s.ends, what) }
	}
	switch step[0] {
	case "start":
		s.on(func() {
			s.m.Start(func(err error) { s.ends = append(s.ends, fmt.Sprintf("start %v", err == nil)) })
		})
	case "autoConnect":
		outcome, err := autoconnect.Outcome(arg(1)), error(nil)
		if outcome == "ok" {
			outcome = autoconnect.Started
		}
		if kind := arg(2); kind != "" {
			err = errors.New(kind)
			if kind == "canceledPromise" {
				err = connection.ErrCanceled
			}
		}
		s.on(func() {
			if done := s.connecting; done != nil {
				s.connecting = nil
				done(outcome, err)
			}
		})
	case "call.resolve", "call.reject":
		var err error
		if step[0] == "call.reject" {
			err = errors.New(arg(1))
		}
		s.on(func() {
			if done := s.calling; done != nil {
				s.calling = nil
				done(err)
			}
		})
	case "hangUp", "disconnect":
		s.on(func() { s.m.Close(note(arg(0))) })
	case "endMode":
		s.endMode = arg(1)
	case "stopMode":
		s.stopMode = arg(1)
	case "end.resolve", "stop.resolve":
		s.on(func() {
			pending := &s.ending
			if step[0] == "stop.resolve" {
				pending = &s.stopping
			}
			if done := *pending; done != nil {
				*pending = nil
				done()
			}
		})
	case "ongoing": // whether a call is up is the call manager's to know: ending none is nothing
	case "reconnect":
		payload, _ := step[2].(map[string]any)
		s.on(func() {
			switch {
			case arg(1) == "termination-classified" && payload["decision"] == "redial":
				s.redialling = true
				s.m.HandleEvent("call-reconnect:failure-detected")
			case arg(1) == "termination-classified":
				s.m.HandleEvent("call:ended")
			case arg(1) == "attempt-succeeded":
				s.redialling = false
				s.m.HandleEvent("call-reconnect:attempt-succeeded")
			default:
				s.m.HandleEvent("call-reconnect:" + arg(1))
			}
		})
	case "auto":
		s.on(func() { s.m.HandleEvent("auto-connect:" + arg(1)) })
	default:
		return "step " + arg(0) + " has no counterpart"
	}
	return ""
}

// compare looks at the phases, at the order of the clean-up, at whether the start succeeded, and at the reason of the close.
func (s *stage) compare(c vectors.Case) string {
	var phases, calls, ends []string
	for _, value := range c["timeline"].([]any) {
		e := value.(map[string]any)
		if phase, ok := e["phase"].(string); ok {
			phases = append(phases, phase)
		}
		switch e["call"] {
		case "callReconnect.disarm":
			calls = append(calls, "disarm")
		case "endCall":
			calls = append(calls, "end")
		case "autoConnector.stop":
			calls = append(calls, "stop")
		}
		if reason, ok := e["closed"].(string); ok {
			ends = append(ends, "closed "+reason)
		}
		switch {
		case e["resolved"] == "start":
			ends = append(ends, fmt.Sprintf("start %v", e["value"].(map[string]any)["isSuccessful"]))
		case e["rejected"] == "start":
			ends = append(ends, "start false")
		case e["resolved"] != nil:
			ends = append(ends, e["resolved"].(string))
		case e["rejected"] != nil:
			ends = append(ends, e["rejected"].(string))
		}
	}
	if !slices.Contains(calls, "end") { // we always ask, also when there is no call
		s.calls = slices.DeleteFunc(s.calls, func(call string) bool { return call == "end" })
	}
	own := slices.Clone(s.ends)
	slices.Sort(own)
	slices.Sort(ends)
	return vectors.First(vectors.Diff("phases", s.phases, phases), vectors.Diff("clean-up", s.calls, calls), vectors.Lines("ends", own, ends))
}

// What the reference does in whole scenarios of a connect-and-call session, ours does too; what differs is listed with its
// reason.
func TestConnectAndCallScenarios(t *testing.T) {
	vectors.Learn(t, "connect-and-call-scenarios", map[string]func(*testing.T, vectors.Case) string{"connect-and-call-session": play})
}
