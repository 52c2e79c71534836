package redial

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"parley/connector/loop"
	"parley/connector/signal"
)

// The defaults of spec connector 10.
const (
	MaxAttempts   = 5
	SignalingWait = 20 * time.Second
)

// Reasons of a cancel; the values are the wire names.
const (
	ReasonDisarm      = "disarm"
	ReasonLocalHangUp = "local-hangup"
	ReasonManual      = "manual"
	ReasonSpectator   = "spectator-role"
)

// Options of a Manager; zero values are the defaults.
type Options struct {
	MaxAttempts   int // 0: 5, negative: without limit
	Delays        *Delays
	SignalingWait time.Duration
}

// Deps of a Manager.
type Deps struct {
	Loop *loop.Loop
	Emit func(name string, data any) // name without prefix
	// Ready tells whether a call can be made: registered, or connected for a guest.
	Ready     func() bool
	Spectator func() bool
	// Call starts a call again; cancel ends the attempt.
	Call    func(done func(error)) (cancel func())
	Options Options
	Random  func() float64 // of the jitter, in [0, 1); nil: math/rand
	Logger  *slog.Logger
}

// Manager calls again after a network failure. Its methods are called on the loop.
type Manager struct {
	deps    Deps
	machine *Machine
	epoch   int
	timer   *loop.Timer
	cancel  func() // of the attempt that runs
	attempt int    // number of the newest attempt
	next    time.Time
	err     error
}

// NewManager makes an idle redial.
func NewManager(deps Deps) *Manager {
	o := &deps.Options
	if o.MaxAttempts == 0 {
		o.MaxAttempts = MaxAttempts
	}
	if o.Delays == nil {
		o.Delays = &DefaultDelays
	}
	if o.SignalingWait == 0 {
		o.SignalingWait = SignalingWait
	}
	if deps.Random == nil {
		deps.Random = rand.Float64
	}
	return &Manager{deps: deps, machine: NewMachine(deps.Logger)}
}

// Machine for readers.
func (m *Manager) Machine() *Machine { return m.machine }

// Attempt is the number of the newest attempt, Next when the next one begins (zero when none is scheduled).
func (m *Manager) Attempt() (n int, next time.Time) { return m.attempt, m.next }

// Arm watches the call that is being made. A spectator's call is not restored.
func (m *Manager) Arm() {
	if m.deps.Spectator() {
		m.deps.Emit("cancelled", reasonData{ReasonSpectator})
		return
	}
	m.abort()
	m.attempt = 0
	m.send(EventArm)
	m.deps.Emit("armed", struct{}{})
}

type reasonData struct {
	Reason string `json:"reason"`
}

// Disarm ends everything.
func (m *Manager) Disarm(reason string) {
	if m.machine.State() == Idle {
		return
	}
	m.abort()
	m.send(EventDisarm)
	m.deps.Emit("disarmed", struct{}{})
	m.deps.Emit("cancelled", reasonData{reason})
}

// CancelAttempt ends what is under way and goes on watching.
func (m *Manager) CancelAttempt() {
	if m.machine.Can(EventCancelAttempt, struct{}{}) {
		m.abort()
		m.send(EventCancelAttempt)
		m.deps.Emit("cancelled", reasonData{ReasonManual})
	}
}

// Force goes on after the limit or an error, counting from the beginning.
func (m *Manager) Force() {
	if m.machine.Can(EventForce, struct{}{}) {
		m.attempt = 0
		m.send(EventForce)
	}
}

// abort ends a running attempt's call.
func (m *Manager) abort() {
	if cancel := m.cancel; cancel != nil {
		m.cancel = nil
		m.epoch++ // its outcome does not count
		cancel()
		m.deps.Emit("status-changed", statusData{false})
	}
}

type statusData struct {
	Reconnecting bool `json:"isReconnecting"`
}

func (m *Manager) send(event string) {
	before := m.machine.State()
	_, effects := m.machine.Send(event, struct{}{})
	if m.machine.State() == before {
		return
	}
	m.epoch++
	m.timer.Stop()
	m.timer, m.next = nil, time.Time{}
	for _, effect := range effects {
		m.run(effect)
	}
}

func (m *Manager) run(effect string) {
	switch effect {
	case effectEvaluate:
		m.evaluate()
	case effectBackoff:
		m.backoff()
	case effectWait:
		m.deps.Emit("waiting-signaling", map[string]int64{"timeoutMs": m.deps.Options.SignalingWait.Milliseconds()})
		m.timer = m.deps.Loop.After(m.deps.Options.SignalingWait, m.signalingTimeout)
	case effectAttempt:
		m.try()
	}
}

type terminalData struct {
	Reason   string `json:"reason"`
	Attempts int    `json:"attempts,omitempty"`
	Error    string `json:"error,omitempty"`
}

func (m *Manager) evaluate() {
	if limit := m.deps.Options.MaxAttempts; limit > 0 && m.attempt >= limit {
		m.send(EventLimit)
		m.deps.Emit("limit-reached", map[string]int{"attempts": m.attempt})
		m.deps.Emit("terminal", terminalData{Reason: "limit-reached", Attempts: m.attempt})
		return
	}
	if !m.deps.Ready() {
		m.send(EventWaitSignaling)
		return
	}
	m.send(EventReady)
}

func (m *Manager) backoff() {
	delay := time.Duration(m.deps.Options.Delays.Delay(float64(m.attempt+1), m.deps.Random()) * float64(time.Millisecond))
	m.next = time.Now().Add(delay)
	m.deps.Emit("attempt-scheduled", map[string]int64{"attempt": int64(m.attempt + 1), "delayMs": delay.Milliseconds()})
	m.timer = m.deps.Loop.After(delay, func() {
		if !m.deps.Ready() {
			m.send(EventWaitSignaling)
			return
		}
		m.send(EventElapsed)
	})
}

func (m *Manager) signalingTimeout() {
	m.err = fmt.Errorf("redial: signalling was not ready within %v", m.deps.Options.SignalingWait)
	m.send(EventHalted)
	m.deps.Emit("terminal", terminalData{Reason: "error-terminal", Error: m.err.Error()})
}

func (m *Manager) try() {
	m.attempt++
	m.deps.Emit("status-changed", statusData{true})
	m.deps.Emit("attempt-started", attemptData{Attempt: m.attempt})
	epoch := m.epoch
	settled := false
	cancel := m.deps.Call(func(err error) {
		settled = true
		if m.epoch == epoch {
			m.cancel = nil
			m.tried(err)
		}
	})
	if !settled && m.epoch == epoch {
		m.cancel = cancel
	}
}

type attemptData struct {
	Attempt int    `json:"attempt"`
	Error   string `json:"error,omitempty"`
}

func (m *Manager) tried(err error) {
	n := m.attempt
	m.deps.Emit("status-changed", statusData{false})
	if err == nil {
		m.attempt = 0
		m.send(EventSucceeded)
		m.deps.Emit("attempt-succeeded", attemptData{Attempt: n})
		return
	}
	m.err = WrapError(err)
	m.deps.Emit("attempt-failed", attemptData{n, m.err.Error()})
	m.send(EventAttemptFailed)
}

type classified struct {
	Decision string `json:"decision"` // redial, finish
	Event    struct {
		Cause      signal.Cause      `json:"cause"`
		Originator signal.Originator `json:"originator"`
	} `json:"event"`
}

// Over is told of the end of a call, in whatever way. The end of one that an attempt of ours made is the attempt's outcome.
func (m *Manager) Over(cause signal.Cause, originator signal.Originator) {
	c := classified{Decision: "finish"}
	c.Event.Cause, c.Event.Originator = cause, originator
	armed := m.machine.State() == Armed
	if armed && NetworkFailure(cause, originator) {
		c.Decision = "redial"
	}
	m.deps.Emit("termination-classified", c)
	switch {
	case m.machine.State() == Attempting, !armed:
	case c.Decision == "redial":
		m.deps.Emit("failure-detected", map[string]any{"cause": cause, "originator": originator, "attempt": m.attempt})
		m.send(EventFailure)
	default:
		m.Disarm(ReasonDisarm)
	}
}

// HandleEvent follows the connection: signalling that is lost is waited for, and signalling that is back ends the wait.
func (m *Manager) HandleEvent(name string) {
	switch name {
	case "connection:disconnected":
		if m.machine.State() == Backoff && !m.deps.Ready() {
			m.send(EventWaitSignaling)
		}
	case "connection:connected", "connection:registered", "connection:connect-succeeded":
		if m.machine.State() == WaitingSignaling && m.deps.Ready() {
			m.send(EventReady)
		}
	}
}

// Err is why the redial gave up.
func (m *Manager) Err() error { return m.err }
