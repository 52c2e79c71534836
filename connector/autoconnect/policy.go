package autoconnect

import (
	"errors"
	"time"

	"parley/connector/signal"
)

// Reason of a request to reconnect; the values are the wire names.
type Reason string

// The reasons.
const (
	ReasonStart                 Reason = "start"
	ReasonManualRestart         Reason = "manual-restart"
	ReasonRegistrationFailed    Reason = "registration-failed-out-of-call"
	ReasonTelephonyDisconnected Reason = "telephony-disconnected"
	ReasonTelephonyCheckFailed  Reason = "telephony-check-failed"
	ReasonPeriodicPingFailed    Reason = "periodic-ping-failed"
	ReasonNetworkOnline         Reason = "network-online"
	ReasonNetworkChange         Reason = "network-change"
)

// Priorities of the reasons: within the window a request needs a higher one than the last accepted.
var Priorities = map[Reason]int{
	ReasonStart: 0, ReasonTelephonyDisconnected: 1, ReasonTelephonyCheckFailed: 1, ReasonPeriodicPingFailed: 2,
	ReasonRegistrationFailed: 3, ReasonManualRestart: 4, ReasonNetworkOnline: 4, ReasonNetworkChange: 4,
}

// CoalesceWindow is how long an accepted request speaks for others.
const CoalesceWindow = 250 * time.Millisecond

// Coalescer drops requests that a recent one speaks for.
type Coalescer struct {
	Window time.Duration

	generation int
	accepted   bool
	last       Reason
	at         time.Time
}

// Decision on a request.
type Decision struct {
	Request             bool
	Generation          int
	Priority            int
	CoalescedBy         Reason // empty when accepted
	CoalescedByPriority int
}

// Ask decides on a request made at that time.
func (c *Coalescer) Ask(reason Reason, now time.Time) Decision {
	priority := Priorities[reason]
	if c.accepted && now.Sub(c.at) < c.Window && priority <= Priorities[c.last] {
		return Decision{Generation: c.generation, Priority: priority, CoalescedBy: c.last,
			CoalescedByPriority: Priorities[c.last]}
	}
	c.generation++
	c.accepted, c.last, c.at = true, reason, now
	return Decision{Request: true, Generation: c.generation, Priority: priority}
}

// Reset forgets the last request; generations go on.
func (c *Coalescer) Reset() { c.accepted = false }

// Level of escalation of failing telephony checks; the values are the wire names.
type Level string

// The levels.
const (
	LevelNone     Level = "none"
	LevelWarning  Level = "warning"
	LevelCritical Level = "critical"
)

// FailPolicy decides what a failed telephony check leads to.
type FailPolicy struct {
	BaseDelay, MaxDelay time.Duration
	Warning, Critical   int // failures

	count int
	level Level
	next  time.Time // when the back-off window has passed
}

// NewFailPolicy has the defaults of spec connector 3.
func NewFailPolicy() FailPolicy {
	return FailPolicy{BaseDelay: time.Second, MaxDelay: 30 * time.Second, Warning: 3, Critical: 5}
}

// FailDecision on a failed check.
type FailDecision struct {
	Count     int
	Level     Level
	Escalated bool
	Reconnect bool
	NextDelay time.Duration // until a reconnect may be asked for again
}

// Fail registers a failed check.
func (p *FailPolicy) Fail(now time.Time) FailDecision {
	p.count++
	level := LevelNone
	switch {
	case p.count >= p.Critical:
		level = LevelCritical
	case p.count >= p.Warning:
		level = LevelWarning
	}
	before := p.level
	if before == "" {
		before = LevelNone
	}
	p.level = level
	d := FailDecision{Count: p.count, Level: level, Escalated: level != before}
	if now.Before(p.next) {
		d.NextDelay = p.next.Sub(now)
		return d
	}
	d.Reconnect, d.NextDelay = true, p.delay()
	p.next = now.Add(d.NextDelay)
	return d
}

// delay doubles with each failure up to the maximum.
func (p *FailPolicy) delay() time.Duration {
	delay := p.BaseDelay
	for i := 1; i < p.count && delay < p.MaxDelay; i++ {
		delay *= 2
	}
	return min(delay, p.MaxDelay)
}

// Reset is a check that succeeded.
func (p *FailPolicy) Reset() { p.count, p.level, p.next = 0, LevelNone, time.Time{} }

// AttemptsLimit of the auto-connector.
const AttemptsLimit = 30

// Attempts counts attempts and tells when one begins and ends.
type Attempts struct {
	Limit     int // 0: without limit
	Saturate  bool
	OnChanged func(inProgress bool)

	count      int
	inProgress bool
}

// Count of attempts so far.
func (a *Attempts) Count() int { return a.count }

// LimitReached tells whether no attempt is left.
func (a *Attempts) LimitReached() bool { return a.Limit > 0 && a.count >= a.Limit }

// InProgress tells whether an attempt runs.
func (a *Attempts) InProgress() bool { return a.inProgress }

// Begin an attempt.
func (a *Attempts) Begin() { a.set(true) }

// Finish it.
func (a *Attempts) Finish() { a.set(false) }

func (a *Attempts) set(on bool) {
	if a.inProgress != on {
		a.inProgress = on
		if a.OnChanged != nil {
			a.OnChanged(on)
		}
	}
}

// Increment the count; with Saturate not above the limit.
func (a *Attempts) Increment() {
	if !a.Saturate || a.count < a.Limit {
		a.count++
	}
}

// Reset to none.
func (a *Attempts) Reset() {
	a.count = 0
	a.Finish()
}

// CanRetry tells whether trying again makes sense: never with refused credentials (401, 403).
func CanRetry(err error) bool {
	var response *signal.ResponseError
	return !errors.As(err, &response) || response.StatusCode != 401 && response.StatusCode != 403
}
