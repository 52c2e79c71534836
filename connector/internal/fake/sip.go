package fake

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"parley/connector/signal"
)

// Dialer makes agents. Script says what the n-th agent (from 0) does in Start; nil connects (and registers).
type Dialer struct {
	Script func(n int, a *Agent)
	// Prepare sees each agent before it is used.
	Prepare func(*Agent)

	mu     sync.Mutex
	agents []*Agent
}

// NewUserAgent implements signal.Dialer.
func (d *Dialer) NewUserAgent(config signal.Config, handler signal.Handler) (signal.UserAgent, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := &Agent{Config: config, Handler: handler, script: d.Script, n: len(d.agents)}
	if d.Prepare != nil {
		d.Prepare(a)
	}
	d.agents = append(d.agents, a)
	return a, nil
}

// Agents made so far.
func (d *Dialer) Agents() []*Agent {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]*Agent(nil), d.agents...)
}

// Last agent made.
func (d *Dialer) Last() *Agent {
	agents := d.Agents()
	if len(agents) == 0 {
		return nil
	}
	return agents[len(agents)-1]
}

// Agent is a user agent.
type Agent struct {
	Config  signal.Config
	Handler signal.Handler
	// OptionsErr is what OPTIONS answers.
	OptionsErr error
	// Answer steers an outgoing call; nil answers it at once.
	Answer func(*Session)

	script    func(int, *Agent)
	n         int
	mu        sync.Mutex
	connected bool
	stopped   bool
	pings     int
	reopened  int
	away      bool
	beforeCut func(*Agent)
	sessions  []*Session
	asked     []string
	holdStop  chan struct{}
	answer    func(request string) error
}

// Asked are the requests outside dialogs, but for pings.
func (a *Agent) Asked() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.asked...)
}

// AnswerRequests says what requests outside dialogs are answered, by their line in Asked.
func (a *Agent) AnswerRequests(fn func(request string) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = fn
}

func (a *Agent) ask(request string) error {
	a.mu.Lock()
	a.asked = append(a.asked, request)
	answer := a.answer
	a.mu.Unlock()
	if answer != nil {
		return answer(request)
	}
	return nil
}

func (a *Agent) Start() error {
	if a.script != nil {
		go a.script(a.n, a)
		return nil
	}
	go a.Connect()
	return nil
}

// Connect reports a connected and, where asked to, registered agent.
func (a *Agent) Connect() {
	a.mu.Lock()
	a.connected = true
	a.mu.Unlock()
	if a.Handler.OnConnecting != nil {
		a.Handler.OnConnecting(1)
	}
	a.Handler.OnConnected()
	if a.Config.Register {
		a.Handler.OnRegistered()
	}
}

// Lose reports a lost socket.
func (a *Agent) Lose(code int) {
	a.mu.Lock()
	a.connected = false
	a.mu.Unlock()
	a.Handler.OnDisconnected(signal.Disconnect{Code: code, Err: errors.New("socket lost")})
}

// HoldStop lets Stop wait until hold is closed: a server that does not answer the goodbye.
func (a *Agent) HoldStop(hold chan struct{}) { a.mu.Lock(); defer a.mu.Unlock(); a.holdStop = hold }

func (a *Agent) Stop(ctx context.Context) error {
	a.mu.Lock()
	stopped := a.stopped
	a.stopped, a.connected = true, false
	sessions, hold := a.sessions, a.holdStop
	a.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
		}
	}
	if stopped {
		return nil
	}
	for _, s := range sessions {
		s.End(signal.End{Originator: signal.Local, Cause: signal.CauseTerminated})
	}
	if a.Handler.OnDisconnected != nil {
		a.Handler.OnDisconnected(signal.Disconnect{Code: 1000, Clean: true})
	}
	return nil
}

// Stopped tells whether Stop was called.
func (a *Agent) Stopped() bool { a.mu.Lock(); defer a.mu.Unlock(); return a.stopped }

func (a *Agent) Connected() bool  { a.mu.Lock(); defer a.mu.Unlock(); return a.connected }
func (a *Agent) Registered() bool { return a.Connected() && a.Config.Register }

func (a *Agent) Register(context.Context) error {
	err := a.ask("register")
	if err == nil {
		a.Handler.OnRegistered()
	}
	return err
}

// Reopen loses the socket and has another one at once, unless it shall stay away.
func (a *Agent) Reopen() {
	a.mu.Lock()
	a.reopened++
	away, cut := a.away, a.beforeCut
	a.mu.Unlock()
	if a.Handler.OnReopen != nil {
		a.Handler.OnReopen()
	}
	if cut != nil {
		cut(a)
	}
	a.Lose(1006)
	if !away {
		a.Connect()
	}
}

// BeforeCut is what happens between a Reopen and the loss of the socket.
func (a *Agent) BeforeCut(fn func(*Agent)) { a.mu.Lock(); defer a.mu.Unlock(); a.beforeCut = fn }

// StayAway lets Reopen lose the socket for good.
func (a *Agent) StayAway() { a.mu.Lock(); defer a.mu.Unlock(); a.away = true }

// Reopened counts the calls of Reopen.
func (a *Agent) Reopened() int { a.mu.Lock(); defer a.mu.Unlock(); return a.reopened }

func (a *Agent) Unregister(context.Context) error {
	err := a.ask("unregister")
	if err == nil {
		a.Handler.OnUnregistered()
	}
	return err
}

func (a *Agent) Options(_ context.Context, target string) error {
	if target != "" {
		return a.ask("options " + target)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pings++
	return a.OptionsErr
}

// SetOptionsErr changes what OPTIONS answers.
func (a *Agent) SetOptionsErr(err error) { a.mu.Lock(); defer a.mu.Unlock(); a.OptionsErr = err }

// Pings answered so far.
func (a *Agent) Pings() int { a.mu.Lock(); defer a.mu.Unlock(); return a.pings }

func (a *Agent) SendMessage(_ context.Context, target, contentType string, body []byte) error {
	return a.ask("message " + target + " " + contentType + " " + string(body))
}

func (a *Agent) Invite(target string, o signal.InviteOptions, h signal.SessionHandler) (signal.Session, error) {
	s := &Session{Target: target, Invite: o, handler: h, remote: signal.Identity{User: target}}
	a.mu.Lock()
	a.sessions = append(a.sessions, s)
	answer := a.Answer
	a.mu.Unlock()
	if answer == nil {
		answer = (*Session).AnswerCall
	}
	go answer(s)
	return s, nil
}

// Ring lets a call come in.
func (a *Agent) Ring(from signal.Identity, offer string) *Session {
	s := &Session{incoming: true, remote: from, offer: offer}
	a.mu.Lock()
	a.sessions = append(a.sessions, s)
	a.mu.Unlock()
	a.Handler.OnSession(s)
	return s
}

// Session is an INVITE session.
type Session struct {
	Target string
	Invite signal.InviteOptions
	// InfoErr answers an INFO by its headers, ReinviteErr a re-INVITE.
	InfoErr     func(contentType string, headers []signal.Header) error
	ReinviteErr error
	// HoldReinvite delays re-INVITEs until it is closed.
	HoldReinvite chan struct{}
	// HoldTerminate lets Terminate wait: a peer that does not answer the BYE.
	HoldTerminate bool

	mu       sync.Mutex
	incoming bool
	remote   signal.Identity
	offer    string
	handler  signal.SessionHandler
	log      []string
	accepted bool
	over     bool
}

func (s *Session) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf(format, args...))
}

// Log of what was asked.
func (s *Session) Log() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.log...)
}

func (s *Session) ID() string                     { return "call-id" }
func (s *Session) Incoming() bool                 { return s.incoming }
func (s *Session) Remote() signal.Identity        { return s.remote }
func (s *Session) Headers() []signal.Header       { return nil }
func (s *Session) Offer() string                  { return s.offer }
func (s *Session) Ring() error                    { s.note("ring"); return nil }
func (s *Session) Handler() signal.SessionHandler { s.mu.Lock(); defer s.mu.Unlock(); return s.handler }

func (s *Session) SetHandler(h signal.SessionHandler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = h
}

// AnswerCall lets the peer answer an outgoing call.
func (s *Session) AnswerCall() {
	h := s.Handler()
	h.OnSending()
	h.OnProgress(180, "")
	s.PickUp()
}

// PickUp is the 200 of the peer.
func (s *Session) PickUp() {
	h := s.Handler()
	s.mu.Lock()
	s.accepted = true
	s.mu.Unlock()
	if err := h.OnAnswer("v=0 their answer"); err != nil {
		s.End(signal.End{Originator: signal.Local, Cause: signal.CauseBadMediaDescription})
		return
	}
	h.OnAccepted()
	h.OnConfirmed()
}

// End ends the session, as failed before an answer and as ended after it.
func (s *Session) End(e signal.End) {
	s.mu.Lock()
	over, accepted, h := s.over, s.accepted, s.handler
	s.over = true
	s.mu.Unlock()
	switch {
	case over:
	case accepted && h.OnEnded != nil:
		h.OnEnded(e)
	case !accepted && h.OnFailed != nil:
		h.OnFailed(e)
	}
}

func (s *Session) Accept(string, []signal.Header) error {
	s.note("accept")
	s.mu.Lock()
	s.accepted = true
	h, late := s.handler, s.offer == ""
	s.mu.Unlock()
	go func() {
		h.OnAccepted()
		if late { // our 200 carried the offer, the ACK carries the answer
			_ = h.OnAnswer("v=0 their late answer")
		}
		h.OnConfirmed()
	}()
	return nil
}

func (s *Session) Reject(code int, _ string) error {
	s.note("reject %d", code)
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	return nil
}

func (s *Session) Terminate(ctx context.Context, code int, reason string) error {
	s.note("terminate %d %s", code, reason)
	if s.HoldTerminate {
		<-ctx.Done()
		return ctx.Err()
	}
	cause := signal.CauseCanceled
	s.mu.Lock()
	if s.accepted {
		cause = signal.CauseTerminated
	}
	s.mu.Unlock()
	go s.End(signal.End{Originator: signal.Local, Cause: cause})
	return nil
}

func (s *Session) Info(_ context.Context, contentType string, body []byte, headers []signal.Header, _ bool) error {
	line := "info " + contentType
	for _, h := range headers {
		line += " | " + h.Name + ": " + h.Value
	}
	if len(body) > 0 {
		line += " | " + string(body)
	}
	s.note("%s", line)
	s.mu.Lock()
	answer := s.InfoErr
	s.mu.Unlock()
	if answer != nil {
		return answer(contentType, headers)
	}
	return nil
}

// AnswerInfo sets InfoErr while the session is in use.
func (s *Session) AnswerInfo(fn func(contentType string, headers []signal.Header) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.InfoErr = fn
}

func (s *Session) Reinvite(ctx context.Context, _ string, h []signal.Header) (string, error) {
	return s.propose(ctx, "reinvite", h)
}

func (s *Session) propose(ctx context.Context, method string, headers []signal.Header) (string, error) {
	for _, h := range headers {
		method += " | " + h.Name + ": " + h.Value
	}
	s.note("%s", method)
	if s.HoldReinvite != nil {
		select {
		case <-s.HoldReinvite:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ReinviteErr != nil {
		return "", s.ReinviteErr
	}
	return "v=0 their answer", nil
}

// FailReinvite sets ReinviteErr while the session runs.
func (s *Session) FailReinvite(err error) { s.mu.Lock(); defer s.mu.Unlock(); s.ReinviteErr = err }

func (s *Session) Update(ctx context.Context, _ string, h []signal.Header) (string, error) {
	return s.propose(ctx, "update", h)
}

func (s *Session) NotifyRefer(_ context.Context, code int, reason string) error {
	s.note("notify refer %d %s", code, reason)
	return nil
}

// Sessions of the agent, in order.
func (a *Agent) Sessions() []*Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]*Session(nil), a.sessions...)
}

// SetAnswer changes how calls are answered.
func (a *Agent) SetAnswer(fn func(*Session)) { a.mu.Lock(); defer a.mu.Unlock(); a.Answer = fn }
