package autoconnect_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/autoconnect"
	"parley/connector/connection"
	"parley/connector/internal/vectors"
	"parley/connector/loop"
	"parley/connector/signal"
)

// stage plays one scenario of the reference with our auto-connector, on virtual time. It is its connection and its network.
type stage struct {
	t      *testing.T
	loop   *loop.Loop
	m      *autoconnect.Manager
	begin  time.Time
	events []any // {t, event}
	states []string
	ends   []string // of starts and stops

	machine               *connection.Machine
	connects, disconnects string // modes: ok, fail, manual
	pings, probes         string
	connecting            func(*connection.Configuration, error)
	disconnecting         func()
	pinging, probing      func(error)
	inCall                bool
	starts                int
	ghosts                int // connects that were cancelled, and that a scenario still settles
	mu                    sync.Mutex
	network               func(autoconnect.NetworkEvent)
}

func (s *stage) Machine() *connection.Machine { return s.machine }
func (s *stage) Busy() bool                   { return s.connecting != nil || s.disconnecting != nil }

func (s *stage) Connect(_ connection.Parameters, done func(*connection.Configuration, error)) {
	s.machine.Send(connection.EventReset, nil)
	s.machine.Send(connection.EventStartConnect, nil)
	s.connecting = done
	switch s.connects {
	case "ok":
		s.connected(nil)
	case "fail":
		s.connected(errors.New("boom"))
	}
}

func (s *stage) connected(err error) {
	done := s.connecting
	if done == nil {
		return
	}
	s.connecting = nil
	if err == nil {
		configuration := &connection.Configuration{}
		s.machine.Send(connection.EventStartUA, configuration)
		s.machine.Send(connection.EventUAConnected, nil)
		s.loop.Later(func() { done(configuration, nil) })
		return
	}
	s.machine.Send(connection.EventUADisconnected, nil)
	s.machine.Send(connection.EventReset, nil)
	s.loop.Later(func() { done(nil, err) })
}

// settleConnect settles the oldest connect, which may be one that nobody waits for any more.
func (s *stage) settleConnect(err error) {
	if s.ghosts > 0 {
		s.ghosts--
		return
	}
	s.connected(err)
}

func (s *stage) CancelConnect() {
	if s.connecting != nil {
		s.ghosts++
		s.connected(connection.ErrCanceled)
	}
}

func (s *stage) Disconnect(done func()) {
	s.machine.Send(connection.EventStartDisconnect, nil)
	s.disconnecting = done
	if s.disconnects != "manual" {
		s.disconnected()
	}
}

func (s *stage) disconnected() {
	if done := s.disconnecting; done != nil {
		s.disconnecting = nil
		s.machine.Send(connection.EventUADisconnected, nil)
		s.machine.Send(connection.EventReset, nil)
		s.loop.Later(done)
	}
}

func answer(mode string, done func(error), keep *func(error), later func(func())) {
	switch mode {
	case "ok":
		later(func() { done(nil) })
	case "fail":
		later(func() { done(errors.New("no answer")) })
	default:
		*keep = done
	}
}

// Reopen and Resume are, for these scenarios, another way to disconnect and to connect.
func (s *stage) Reopen(done func()) { s.Disconnect(done) }

// Resume as Reopen.
func (s *stage) Resume(done func(*connection.Configuration, error)) {
	s.Connect(connection.Parameters{}, done)
}

func (s *stage) Ping(done func(error)) { answer(s.pings, done, &s.pinging, s.loop.Later) }

// PingWithin as Ping: nothing here takes time.
func (s *stage) PingWithin(_ time.Duration, done func(error)) { s.Ping(done) }

func (s *stage) CheckTelephony(_ connection.Parameters, done func(error)) (cancel func()) {
	answer(s.probes, done, &s.probing, s.loop.Later)
	return func() { s.probing = nil }
}

func (s *stage) Subscribe(fn func(autoconnect.NetworkEvent)) (cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.network = fn
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.network = nil
	}
}

func (s *stage) tell(e autoconnect.NetworkEvent) {
	s.mu.Lock()
	fn := s.network
	s.mu.Unlock()
	if fn != nil {
		fn(e)
	}
	synctest.Wait()
}

func (s *stage) on(fn func()) {
	if err := s.loop.Do(s.t.Context(), fn); err != nil {
		s.t.Error(err)
	}
	synctest.Wait()
}

func play(t *testing.T, c vectors.Case) (diff string) {
	if c["canRetryOnError"] != nil {
		return "what is tried again has no counterpart"
	}
	if o, _ := c["options"].(map[string]any); o["offlineGraceMs"] == 0.0 {
		return "an option of 0 has no counterpart"
	}
	if c["initialConnectionState"] != "idle" {
		return "a connection from elsewhere has no counterpart"
	}
	synctest.Test(t, func(t *testing.T) {
		text := func(name string) string { word, _ := c[name].(string); return word }
		s := &stage{t: t, begin: time.Now(), machine: connection.NewMachine(nil), connects: text("connectMode"),
			disconnects: text("disconnectMode"), pings: "manual", probes: "manual"}
		s.loop = loop.New(nil)
		defer s.loop.Close()
		o, _ := c["options"].(map[string]any)
		duration := func(name string) time.Duration {
			n, _ := o[name].(float64)
			return time.Duration(n) * time.Millisecond
		}
		policy := func(name string) autoconnect.Policy { word, _ := o[name].(string); return autoconnect.Policy(word) }
		s.m = autoconnect.NewManager(autoconnect.Deps{Loop: s.loop, Connection: s, Network: s, InCall: func() bool { return s.inCall },
			Emit: func(name string, _ any) {
				s.events = append(s.events, map[string]any{"t": time.Since(s.begin).Milliseconds(), "event": name})
			}, Options: autoconnect.Options{RetryDelay: duration("timeoutBetweenAttempts"),
				TelephonyInterval: duration("checkTelephonyRequestInterval"), OfflineGrace: duration("offlineGraceMs"),
				OnOnline: policy("onNetworkOnlinePolicy"), OnChange: policy("onNetworkChangePolicy")}})
		s.m.Machine().OnChange(func(_, to autoconnect.State) { s.states = append(s.states, string(to)) })
		for _, value := range c["steps"].([]any) {
			if unknown := s.step(value.([]any)); unknown != "" {
				diff = unknown
				break
			}
		}
		if diff == "" {
			diff = s.compare(c)
		}
		s.on(func() {
			s.disconnects = "ok"
			s.disconnected()
			s.m.Stop(func() {})
		})
	})
	return diff
}

func failure(kind string) error {
	switch kind {
	case "sip401", "sip403", "sip503":
		var code int
		_, _ = fmt.Sscanf(kind, "sip%d", &code)
		return &signal.ResponseError{Method: "REGISTER", StatusCode: code}
	case "notReady": // the reference's words for parameters that cannot be used
		return connection.ErrNoServerURL
	case "canceledPromise":
		return connection.ErrCanceled
	case "notActual":
		return connection.ErrSuperseded
	}
	return errors.New(kind)
}

func (s *stage) step(step []any) (unknown string) {
	arg := ""
	if len(step) > 1 {
		arg = fmt.Sprint(step[1])
	}
	settle := func(pending *func(error), err error) {
		s.on(func() {
			if done := *pending; done != nil {
				*pending = nil
				done(err)
			}
		})
	}
	switch step[0] {
	case "start":
		s.starts++
		name := fmt.Sprintf("start#%d", s.starts)
		s.on(func() {
			s.m.Start(connection.Parameters{}, func(outcome autoconnect.Outcome, _ error) {
				s.ends = append(s.ends, name+" "+string(outcome))
			})
		})
	case "stop":
		s.on(func() { s.m.Stop(func() { s.ends = append(s.ends, "stop") }) })
	case "restart":
		s.on(s.m.Restart)
	case "connectionState":
		s.on(func() {
			for _, event := range []string{connection.EventStartConnect, connection.EventStartUA, connection.EventUAConnected} {
				s.machine.Send(event, &connection.Configuration{})
			}
		})
	case "connect.resolve":
		s.on(func() { s.settleConnect(nil) })
	case "connect.reject":
		s.on(func() { s.settleConnect(failure(arg)) })
	case "connectMode":
		s.on(func() { s.connects = arg })
	case "disconnectMode":
		s.on(func() { s.disconnects = arg })
	case "disconnect.resolve", "disconnect.reject":
		s.on(s.disconnected)
	case "pingMode":
		s.on(func() { s.pings = arg })
	case "telephonyMode":
		s.on(func() { s.probes = arg })
	case "ping.resolve":
		settle(&s.pinging, nil)
	case "ping.reject":
		settle(&s.pinging, errors.New("no answer"))
	case "telephony.resolve":
		settle(&s.probing, nil)
	case "callActive":
		s.on(func() {
			was := s.inCall
			s.inCall = step[1] == true
			if was && !s.inCall {
				s.m.HandleEvent("call:ended")
			}
		})
	case "connectionEvent":
		s.on(func() { s.m.HandleEvent("connection:" + arg) })
	case "net.online", "net.change", "net.offline":
		s.tell(autoconnect.NetworkEvent(step[0].(string)[len("net."):]))
	case "advance":
		time.Sleep(time.Duration(step[1].(float64)) * time.Millisecond)
		synctest.Wait()
	default:
		return "step " + fmt.Sprint(step[0]) + " has no counterpart"
	}
	return ""
}

// compare looks at what was told and when, at the states that lasted, and at how starts and stops ended. Whether an attempt
// is in progress is left out: the reference never takes it back (point 2), and ours has a test of its own.
func (s *stage) compare(c vectors.Case) string {
	var told []any
	var states, ends []string
	for _, value := range c["timeline"].([]any) {
		entry := value.(map[string]any)
		if entry["event"] != nil {
			told = append(told, value)
		}
		if state, ok := entry["state"].(string); ok {
			states = append(states, state)
		}
		if name, ok := entry["resolved"].(string); ok {
			if outcome, ok := entry["value"].(map[string]any); ok {
				name += fmt.Sprint(" ", outcome["reason"])
			}
			ends = append(ends, name)
		}
	}
	final := c["final"].(map[string]any)["state"]
	slices.Sort(ends)
	own := slices.Clone(s.ends)
	slices.Sort(own)
	return vectors.First(vectors.Lines("events", normal(s.events), normal(told)),
		vectors.Diff("states", lasting(s.states), lasting(states)),
		vectors.Diff("final state", s.m.Machine().State(), final), vectors.Lines("ends", own, ends))
}

// lasting drops the state that is left at once, and repetitions.
func lasting(states []string) []string {
	states = slices.DeleteFunc(slices.Clone(states), func(state string) bool { return state == "attemptingGate" })
	return slices.Compact(states)
}

func normal(events []any) []string {
	var lines []string
	for _, value := range events {
		e := vectors.Plain(value).(map[string]any)
		if e["event"] != "changed-attempt-status" {
			lines = append(lines, fmt.Sprintf("%08.0f %v", e["t"], e["event"]))
		}
	}
	slices.Sort(lines)
	return lines
}

// What the reference does in whole scenarios of its auto-connector, ours does too; what differs is listed with its reason.
func TestAutoConnectScenarios(t *testing.T) {
	vectors.Learn(t, "auto-connector", map[string]func(*testing.T, vectors.Case) string{"scenario": play})
}
