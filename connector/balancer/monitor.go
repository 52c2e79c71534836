package balancer

import (
	"time"

	"parley/connector/loop"
)

// The watcher's defaults.
const (
	PollInterval   = time.Second
	maxPollDoubles = 16
)

// Sender is the camera's sender, as the balancer needs it.
type Sender interface {
	// Track is the identity of what is sent and its size now; ok is false when nothing is sent.
	Track() (id any, size Size, ok bool)
	Codec() string // MIME type or subtype, empty when not known
	Encodings() []Encoding
	// SetEncodings applies and then calls done on the loop, at once or later.
	SetEncodings(encodings []Encoding, done func(error))
}

// Monitor watches the sent track's size and identity: a poll each Interval, doubling to Max while nothing changes.
type Monitor struct {
	Loop          *loop.Loop
	Interval, Max time.Duration // 0: PollInterval, 16 × Interval
	Changed       func()

	sender Sender
	timer  *loop.Timer
	wait   time.Duration
	id     any
	size   Size
}

func (m *Monitor) interval() time.Duration {
	if m.Interval > 0 {
		return m.Interval
	}
	return PollInterval
}

func (m *Monitor) max() time.Duration {
	if m.Max > 0 {
		return m.Max
	}
	return maxPollDoubles * m.interval()
}

// Subscribe watches a sender; the one that is watched already goes on. Nil watches nothing.
func (m *Monitor) Subscribe(sender Sender) {
	if sender != nil && sender == m.sender {
		return
	}
	m.Unsubscribe()
	if sender == nil {
		return
	}
	m.sender = sender
	m.restart()
}

// Unsubscribe ends watching.
func (m *Monitor) Unsubscribe() {
	m.timer.Stop()
	m.timer, m.sender = nil, nil
}

// Replaced is told that the sender has another track: no poll needs to find out.
func (m *Monitor) Replaced() {
	if m.sender == nil {
		return
	}
	m.timer.Stop()
	m.restart()
	m.Changed()
}

// restart reads the track and polls from the shortest interval on; nothing sent, nothing polled.
func (m *Monitor) restart() {
	m.timer = nil
	id, size, ok := m.sender.Track()
	if !ok {
		return
	}
	m.id, m.size = id, size
	m.wait = m.interval()
	m.timer = m.Loop.After(m.wait, m.poll)
}

func (m *Monitor) poll() {
	id, size, ok := m.sender.Track()
	if ok && id == m.id && size == m.size {
		m.wait = min(2*m.wait, m.max())
		m.timer = m.Loop.After(m.wait, m.poll)
		return
	}
	m.timer = nil
	if ok {
		m.id, m.size = id, size
		m.wait = m.interval()
		m.timer = m.Loop.After(m.wait, m.poll)
	}
	m.Changed()
}
