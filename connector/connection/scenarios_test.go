package connection_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/connection"
	"parley/connector/internal/fake"
	"parley/connector/internal/vectors"
	"parley/connector/loop"
	"parley/connector/signal"
)

// stage plays one scenario of the reference with our connection, on virtual time.
type stage struct {
	t    *testing.T
	loop *loop.Loop
	m    *connection.Manager
	net  *fake.Dialer

	mu             sync.Mutex
	events, ends   []string
	connects       int
	parametersCome chan error // of a connect whose parameters are asked for
}

func play(t *testing.T, c vectors.Case) (diff string) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, loop: loop.New(nil), net: &fake.Dialer{}, parametersCome: make(chan error, 1)}
		defer s.loop.Close()
		plan, _ := c["uaPlan"].([]any)
		o, _ := c["options"].(map[string]any)
		s.net.Prepare = func(a *fake.Agent) {
			if answer, asked := o["sendOptions"]; asked && answer != "ok" {
				a.SetOptionsErr(errors.New("no answer"))
			}
			a.AnswerRequests(func(request string) error {
				switch {
				case request == "register" && o["register"] == "fail":
					err := &signal.ResponseError{Method: "REGISTER", StatusCode: 403, Cause: signal.CauseRejected}
					a.Handler.OnRegistrationFailed(err)
					return err
				case strings.HasPrefix(request, "options") && o["sendOptions"] != "ok":
					return errors.New("no answer")
				}
				return nil
			})
		}
		s.net.Script = func(n int, a *fake.Agent) {
			if len(plan) == 0 {
				return
			}
			s.act(a, plan[min(n, len(plan)-1)].(map[string]any))
		}
		s.m = connection.NewManager(connection.Deps{Loop: s.loop, Dialer: s.net, Emit: func(name string, _ any) {
			s.mu.Lock()
			s.events = append(s.events, name)
			s.mu.Unlock()
			s.m.Machine().HandleEvent(name) // as the connector does
		}})
		manager, _ := o["manager"].(map[string]any)
		attempts, _ := manager["numberOfConnectionAttempts"].(float64)
		for _, value := range c["steps"].([]any) {
			if unknown := s.step(value.([]any), int(attempts)); unknown != "" {
				diff = unknown
				break
			}
		}
		if diff == "" {
			diff = s.compare(c)
		}
		s.on(func() {
			s.m.CancelConnect()
			s.m.Disconnect(func() {})
		})
		synctest.Wait()
	})
	return diff
}

// act is what an agent does some time after its start.
func (s *stage) act(a *fake.Agent, plan map[string]any) {
	after := 10.0
	if n, ok := plan["after"].(float64); ok {
		after = n
	}
	time.Sleep(time.Duration(after) * time.Millisecond)
	if a.Stopped() {
		return
	}
	switch plan["do"] {
	case "connected":
		register := a.Config.Register
		a.Config.Register = false // only connected
		a.Connect()
		a.Config.Register = register
	case "registered":
		a.Connect()
	case "registrationFailed":
		status, _ := plan["status"].(float64)
		a.Handler.OnConnected()
		a.Handler.OnRegistrationFailed(&signal.ResponseError{Method: "REGISTER", StatusCode: int(status)})
	case "disconnected":
		code, _ := plan["code"].(float64)
		a.Lose(int(code))
	}
}

func (s *stage) on(fn func()) {
	if err := s.loop.Do(s.t.Context(), fn); err != nil {
		s.t.Error(err)
	}
	synctest.Wait()
}

func parametersOf(value any) connection.Parameters {
	p := vectors.Decode[struct {
		DisplayName, SIPServerIP, SIPServerURL, RemoteAddress, User, Password string
		Register, SessionTimers                                               bool
		RegisterExpires                                                       float64
	}](value)
	return connection.Parameters{SessionTimers: p.SessionTimers, RegisterExpires: time.Duration(p.RegisterExpires) * time.Second,
		DisplayName: p.DisplayName, SIPServerIP: p.SIPServerIP, SIPServerURL: p.SIPServerURL,
		RemoteAddress: p.RemoteAddress, User: p.User, Password: p.Password, Register: p.Register}
}

func (s *stage) end(what string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	word := "resolved "
	if err != nil {
		word = "rejected "
	}
	s.ends = append(s.ends, word+what)
}

func (s *stage) step(step []any, attempts int) (unknown string) {
	switch step[0] {
	case "connect":
		s.connects++
		name := fmt.Sprintf("connect#%d", s.connects)
		p := connection.Parameters{}
		if step[1] == "manual" {
			p.Resolve = func(ctx context.Context) (connection.Parameters, error) {
				select {
				case err := <-s.parametersCome:
					return connection.Parameters{DisplayName: "Bob", SIPServerIP: "sip.example", SIPServerURL: "ws.example"}, err
				case <-ctx.Done():
					return connection.Parameters{}, ctx.Err()
				}
			}
		} else if step[1] != "fn" {
			p = parametersOf(step[1])
		} else {
			return "a connect with parameters of the scenario's own has no counterpart"
		}
		p.Attempts = attempts
		if len(step) > 2 {
			options := step[2].(map[string]any)
			if options["hasReadyForConnection"] != nil {
				return "a connect that may not be ready has no counterpart"
			}
			n, _ := options["numberOfConnectionAttempts"].(float64)
			p.Attempts = int(n)
		}
		s.on(func() { s.m.Connect(p, func(_ *connection.Configuration, err error) { s.end(name, err) }) })
	case "disconnect":
		s.on(func() { s.m.Disconnect(func() { s.end("disconnect", nil) }) })
	case "params.resolve":
		s.parametersCome <- nil
		synctest.Wait()
	case "params.reject":
		s.parametersCome <- errors.New("no parameters")
		synctest.Wait()
	case "ua":
		agent := s.net.Last()
		switch step[1] {
		case "disconnected":
			agent.Lose(1006)
		case "connecting":
			agent.Handler.OnConnecting(1)
		case "connected":
			agent.Handler.OnConnected()
		case "registered":
			agent.Handler.OnRegistered()
		case "unregistered":
			agent.Handler.OnUnregistered()
		}
		synctest.Wait()
	case "advance":
		time.Sleep(time.Duration(step[1].(float64)) * time.Millisecond)
		synctest.Wait()
	case "ping", "sendOptions", "register", "unregister", "tryRegister":
		if len(step) > 2 || step[0] == "ping" && len(step) > 1 {
			return "OPTIONS with a body has no counterpart"
		}
		name := step[0].(string)
		done := func(err error) { s.end(name, err) }
		s.on(func() {
			switch name {
			case "ping":
				s.m.Ping(done)
			case "sendOptions":
				s.m.Options(step[1].(string), done)
			case "register":
				s.m.Register(done)
			case "unregister":
				s.m.Unregister(done)
			default:
				s.m.TryRegister(done)
			}
		})
	case "checkTelephony":
		p := connection.Parameters{DisplayName: "Bob Smith", SIPServerIP: "sip.example", SIPServerURL: "ws.example"}
		s.on(func() { s.m.CheckTelephony(p, func(err error) { s.end("checkTelephony", err) }) })
	default:
		return fmt.Sprint("step ", step[0], " has no counterpart")
	}
	return ""
}

// compare looks at the events and their order, at the user agents that were made, at the outcomes, and at the state.
func (s *stage) compare(c vectors.Case) string {
	var events, ends, agents, own []string
	var status map[string]any
	for _, value := range c["timeline"].([]any) {
		e := value.(map[string]any)
		if name, ok := e["event"].(string); ok {
			events = append(events, name)
		}
		if made, ok := e["created"].(map[string]any); ok {
			sockets, _ := made["sockets"].([]any)
			agents = append(agents, fmt.Sprint(made["display_name"], " ", sockets[0], " ", made["register"], " ", made["register_expires"],
				" ", made["session_timers"], " ", userOf(made)))
		}
		for _, word := range []string{"resolved", "rejected"} {
			if what, ok := e[word].(string); ok {
				ends = append(ends, word+" "+what)
			}
		}
		if now, ok := e["status"].(map[string]any); ok {
			status = now
		}
	}
	for _, a := range s.net.Agents() {
		user := "guest"
		if a.Config.Register {
			user = a.Config.User
		}
		expires := a.Config.RegisterExpires
		if expires == 0 {
			expires = 300 * time.Second // the user agent's default
		}
		own = append(own, fmt.Sprint(a.Config.DisplayName, " ", a.Config.URL, " ", a.Config.Register, " ", expires.Seconds(),
			" ", a.Config.SessionTimers, " ", user))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(ends)
	slices.Sort(s.ends)
	return vectors.First(vectors.Diff("events", normal(s.events), normal(events)), vectors.Diff("user agents", own, agents),
		vectors.Diff("outcomes", s.ends, ends), vectors.Diff("state", s.m.Machine().State(), status["state"]),
		vectors.Diff("configured", s.m.Machine().Configuration() != nil, status["isConfigured"]))
}

// normal leaves out what comes of stopping the user agent of a try that failed: the reference tells of it as of any other end.
// The configuration is told of after the connection, as spec connector 2 has it; the reference tells of both at one moment.
func normal(events []string) (out []string) {
	stopping := false
	for _, name := range events {
		switch {
		case name == "disconnecting":
			stopping = true
		case name == "disconnected" && stopping:
			stopping = false
		case name == "connected" && len(out) > 0 && out[len(out)-1] == "connected-with-configuration":
			out = append(out[:len(out)-1], name, "connected-with-configuration")
		default:
			out = append(out, name)
		}
	}
	return out
}

// userOf a configuration: a guest's is random.
func userOf(made map[string]any) string {
	if made["register"] != true {
		return "guest"
	}
	user, _, _ := strings.Cut(strings.TrimPrefix(fmt.Sprint(made["uri"]), "sip:"), "@")
	return user
}

// What the reference does in whole scenarios of a connection, ours does too; what differs is listed with its reason.
func TestConnectionScenarios(t *testing.T) {
	vectors.Learn(t, "connection", map[string]func(*testing.T, vectors.Case) string{
		"connection-flow": play, "create-configuration": configure, "build-registrator-extra-headers": registerHeaders,
	})
}

// configure compares what a user agent is made of.
func configure(_ *testing.T, c vectors.Case) string {
	result := c["result"].(map[string]any)
	want, ok := result["configuration"].(map[string]any)
	if !ok {
		return "a result without a configuration has no counterpart"
	}
	given, p := c["parameters"].(map[string]any), parametersOf(c["parameters"])
	seconds := func(name string) time.Duration {
		n, _ := given[name].(float64)
		return time.Duration(n * float64(time.Second))
	}
	p.RecoveryMin, p.RecoveryMax = seconds("connectionRecoveryMinInterval"), seconds("connectionRecoveryMaxInterval")
	random, _ := c["random"].(float64)
	configuration := connection.Configure(&p, fmt.Sprint(connection.GuestID(random)))
	made := p.UserAgentConfig(configuration, "", "")
	or := func(d time.Duration, standard float64) float64 {
		if d == 0 {
			return standard
		}
		return d.Seconds()
	}
	got := map[string]any{"register": made.Register, "uri": connection.URI(made.User, made.Domain), "display_name": made.DisplayName,
		"sockets": []string{made.URL}, "session_timers": made.SessionTimers, "register_expires": or(made.RegisterExpires, 300),
		"connection_recovery_min_interval": or(made.RecoveryMin, 2), "connection_recovery_max_interval": or(made.RecoveryMax, 6)}
	if made.Password != "" {
		got["password"] = made.Password
	}
	delete(want, "user_agent") // the connector's, not a connect's
	return vectors.Diff("configuration", got, want)
}

// registerHeaders compares the headers of REGISTER.
func registerHeaders(_ *testing.T, c vectors.Case) string {
	var own []signal.Header
	for _, line := range vectors.Decode[[]string](c["extraHeaders"]) {
		name, value, _ := strings.Cut(line, ": ")
		own = append(own, signal.Header{Name: name, Value: value})
	}
	address, _ := c["remoteAddress"].(string)
	lines := []string{}
	for _, h := range connection.RegisterHeaders(address, own) {
		lines = append(lines, h.Name+": "+h.Value)
	}
	return vectors.Diff("headers", lines, c["result"])
}
