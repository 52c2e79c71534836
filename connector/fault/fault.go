// Package fault breaks a connection on purpose, for those who test how it recovers: it cuts the socket and lets a ping
// fail. A Switch stands between the connector and its user agents; untouched it changes nothing.
package fault

import (
	"context"
	"errors"
	"sync"

	"parley/connector/signal"
)

// The errors of a fault.
var (
	ErrNoSocket = errors.New("there is no socket to drop")
	// ErrPing is what a ping that was told to fail returns.
	ErrPing = errors.New("ping failed on purpose")
)

// socketDropper is a user agent that can lose its socket.
type socketDropper interface{ DropSocket() bool }

// Switch holds the faults of one connector. Its methods may be called from any goroutine.
type Switch struct {
	mu     sync.Mutex
	agents map[*agent]struct{}
	pings  int // that are to fail
}

// Dialer makes user agents that obey the switch.
func (s *Switch) Dialer(d signal.Dialer) signal.Dialer { return dialer{s, d} }

// DropSocket cuts the sockets as a broken network would: without a closing handshake.
func (s *Switch) DropSocket() error {
	s.mu.Lock()
	var running []socketDropper
	for a := range s.agents {
		if d, ok := a.UserAgent.(socketDropper); ok {
			running = append(running, d)
		}
	}
	s.mu.Unlock()
	dropped := false
	for _, d := range running {
		dropped = d.DropSocket() || dropped
	}
	if !dropped {
		return ErrNoSocket
	}
	return nil
}

// FailNextPing lets the next ping fail without being sent. Several calls let as many fail.
func (s *Switch) FailNextPing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pings++
}

// FailingPings are those still to fail.
func (s *Switch) FailingPings() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pings
}

func (s *Switch) takePing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pings == 0 {
		return false
	}
	s.pings--
	return true
}

type dialer struct {
	s    *Switch
	next signal.Dialer
}

// NewUserAgent implements signal.Dialer.
func (d dialer) NewUserAgent(config signal.Config, handler signal.Handler) (signal.UserAgent, error) {
	made, err := d.next.NewUserAgent(config, handler)
	if err != nil {
		return nil, err
	}
	return &agent{made, d.s}, nil
}

// agent is a user agent behind the switch, known to it from Start to Stop.
type agent struct {
	signal.UserAgent
	s *Switch
}

// Start implements signal.UserAgent.
func (a *agent) Start() error {
	err := a.UserAgent.Start()
	if err == nil {
		a.s.mu.Lock()
		defer a.s.mu.Unlock()
		if a.s.agents == nil {
			a.s.agents = map[*agent]struct{}{}
		}
		a.s.agents[a] = struct{}{}
	}
	return err
}

// Stop implements signal.UserAgent.
func (a *agent) Stop(ctx context.Context) error {
	a.s.mu.Lock()
	delete(a.s.agents, a)
	a.s.mu.Unlock()
	return a.UserAgent.Stop(ctx)
}

// Options implements signal.UserAgent. A ping is OPTIONS to the own address.
func (a *agent) Options(ctx context.Context, target string) error {
	if target == "" && a.s.takePing() {
		return ErrPing
	}
	return a.UserAgent.Options(ctx, target)
}
