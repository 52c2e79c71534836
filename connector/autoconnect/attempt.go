package autoconnect

import (
	"context"
	"errors"

	"parley/connector/connection"
)

func (m *Manager) gate() {
	m.deps.Emit("before-attempt", struct{}{})
	if m.attempts.LimitReached() {
		m.attempts.Finish()
		m.deps.Emit("limit-reached-attempts", connection.ErrorData(m.lastError()))
		m.settle(LimitReached, m.lastError())
		m.send(EventLimit)
		return
	}
	m.attempts.Begin()
	m.attempts.Increment()
	m.send(EventOpen)
}

func (m *Manager) lastError() error {
	if m.err == nil {
		return errors.New("limit of attempts reached")
	}
	return m.err
}

func (m *Manager) connect() {
	done := m.guarded(m.connectDone)
	if m.resume = m.resume && m.deps.InCall(); m.resume {
		m.deps.Connection.Resume(func(_ *connection.Configuration, err error) { done(err) })
		return
	}
	m.deps.Connection.Connect(*m.params, func(_ *connection.Configuration, err error) { done(err) })
}

func (m *Manager) connectDone(err error) {
	m.err = err
	switch {
	case err == nil:
		m.attempts.Finish()
		m.attempts.Reset()
		m.policy.Reset()
		m.succeeded()
		m.send(EventConnected)
	case errors.Is(err, connection.ErrCanceled), errors.Is(err, connection.ErrSuperseded), errors.Is(err, context.Canceled):
		m.halt("cancelled-attempts", Cancelled, err)
	case !CanRetry(err) || validation(err):
		m.halt("stop-attempts-by-error", StoppedByError, err)
	default:
		m.attempts.Finish()
		m.send(EventFailed)
	}
}

// errCallOver ends the wait for another socket of the user agent.
var errCallOver = errors.New("auto-connect: the call that was spared is over")

// validation errors stay the same however often they are tried.
func validation(err error) bool {
	for _, v := range []error{connection.ErrNoServerIP, connection.ErrNoServerURL, connection.ErrNoPassword, connection.ErrNoUser} {
		if errors.Is(err, v) {
			return true
		}
	}
	return false
}

func (m *Manager) succeeded() {
	m.deps.Emit("success", nil)
	m.settle(Started, nil)
}

func (m *Manager) halt(event string, outcome Outcome, err error) {
	m.attempts.Finish()
	m.deps.Emit(event, connection.ErrorData(err))
	m.send(EventHalted)
	m.settle(outcome, err)
}

func (m *Manager) settle(outcome Outcome, err error) {
	m.attempts.Limit = AttemptsLimit
	if done := m.starting; done != nil {
		m.starting = nil
		done(outcome, err)
	}
}
