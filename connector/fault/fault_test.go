package fault

import (
	"context"
	"errors"
	"testing"

	"parley/connector/signal"
)

type plainAgent struct {
	signal.UserAgent
	pings, drops int
	open         bool
}

func (p *plainAgent) Start() error                          { p.open = true; return nil }
func (p *plainAgent) Stop(context.Context) error            { p.open = false; return nil }
func (p *plainAgent) Options(context.Context, string) error { p.pings++; return nil }
func (p *plainAgent) DropSocket() bool                      { p.drops++; return p.open }

type plainDialer struct{ agent *plainAgent }

func (d plainDialer) NewUserAgent(signal.Config, signal.Handler) (signal.UserAgent, error) {
	return d.agent, nil
}

// Only our own pings fail, and only as often as was asked for.
func TestPingsFailAsOftenAsTheyWereTold(t *testing.T) {
	var s Switch
	inner := &plainAgent{}
	made, err := s.Dialer(plainDialer{inner}).NewUserAgent(signal.Config{}, signal.Handler{})
	if err != nil {
		t.Fatal(err)
	}
	s.FailNextPing()
	s.FailNextPing()
	if err := made.Options(t.Context(), "sip:other@h"); err != nil {
		t.Errorf("a question to somebody else is no ping: %v", err)
	}
	for range 2 {
		if err := made.Options(t.Context(), ""); !errors.Is(err, ErrPing) {
			t.Errorf("got %v", err)
		}
	}
	if err := made.Options(t.Context(), ""); err != nil || inner.pings != 2 || s.FailingPings() != 0 {
		t.Errorf("got %v after %d pings", err, inner.pings)
	}
}

// A socket can be dropped while there is one.
func TestSocketIsDroppedOnlyWhileTheAgentRuns(t *testing.T) {
	var s Switch
	inner := &plainAgent{}
	made, err := s.Dialer(plainDialer{inner}).NewUserAgent(signal.Config{}, signal.Handler{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DropSocket(); !errors.Is(err, ErrNoSocket) || inner.drops != 0 {
		t.Errorf("got %v", err)
	}
	if err := made.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.DropSocket(); err != nil || inner.drops != 1 {
		t.Errorf("got %v, %d drops", err, inner.drops)
	}
	if err := made.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.DropSocket(); !errors.Is(err, ErrNoSocket) {
		t.Errorf("got %v", err)
	}
}
