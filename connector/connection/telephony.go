package connection

import (
	"context"
	"errors"

	"parley/connector/signal"
)

// CheckTelephony connects and disconnects a second, unregistered user agent. cancel ends the wait.
func (m *Manager) CheckTelephony(params Parameters, done func(error)) (cancel func()) {
	ctx, stop := context.WithCancel(m.deps.Loop.Context())
	m.deps.Loop.Go(func(context.Context) func() {
		err := m.probe(ctx, params)
		return func() {
			stop()
			done(err)
		}
	})
	return stop
}

func (m *Manager) probe(ctx context.Context, params Parameters) error {
	params, err := params.resolved(ctx)
	if err == nil {
		err = params.Validate()
	}
	if err != nil {
		return errors.Join(ErrTelephony, err)
	}
	params.Register = false
	configuration := Configure(&params, randomGuest())
	result := make(chan bool, 2)
	agent, err := m.deps.Dialer.NewUserAgent(params.UserAgentConfig(configuration, m.deps.UserAgent, ""),
		signal.Handler{
			OnConnected:    func() { offer(result, true) },
			OnDisconnected: func(signal.Disconnect) { offer(result, false) },
		})
	if err != nil {
		return errors.Join(ErrTelephony, err)
	}
	ctx, cancel := context.WithTimeout(ctx, PingTimeout)
	defer cancel()
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		_ = agent.Stop(stop)
	}()
	if err := agent.Start(); err != nil {
		return errors.Join(ErrTelephony, err)
	}
	select {
	case connected := <-result:
		if connected {
			return nil
		}
		return ErrTelephony
	case <-ctx.Done():
		return errors.Join(ErrTelephony, ctx.Err())
	}
}

func offer(result chan<- bool, value bool) {
	select {
	case result <- value:
	default:
	}
}
