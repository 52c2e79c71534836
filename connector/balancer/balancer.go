package balancer

import (
	"errors"
	"log/slog"
	"time"

	"parley/connector/loop"
)

// ErrNoConnection tells that there is no peer connection to balance.
var ErrNoConnection = errors.New("connection is not exist")

// Options of a Balancer and a Manager; zero values are the defaults.
type Options struct {
	Ignore        *string // part of a codec's name that is left alone
	Limit         func() *Size
	Delay         time.Duration // before balancing starts, 10 s when 0
	Poll, MaxPoll time.Duration
}

// Result of one balancing.
type Result struct{ Changed, HasSender bool }

// Balancer applies the server's commands to the camera's sender. Its methods are called on the loop.
type Balancer struct {
	Loop *loop.Loop
	// Sender is the camera's, nil when nothing is sent as video; ok is false when there is no peer connection.
	Sender  func() (sender Sender, ok bool)
	Applied func([]Encoding)
	Logger  *slog.Logger
	Options Options

	monitor    Monitor
	subscribed bool
	command    Command
	running    bool
	next       *job // the newest that waits for the running one
}

type job struct {
	command Command
	done    func(Result, error)
}

// Subscribe follows commands and the track's changes from now on.
func (b *Balancer) Subscribe() {
	b.subscribed = true
	b.monitor.Loop, b.monitor.Interval, b.monitor.Max = b.Loop, b.Options.Poll, b.Options.MaxPoll
	b.monitor.Changed = func() { b.Balance(nil) }
	sender, _ := b.Sender()
	b.monitor.Subscribe(sender)
}

// Unsubscribe restores the sender and follows nothing any more.
func (b *Balancer) Unsubscribe() {
	b.subscribed = false
	b.monitor.Unsubscribe()
	b.Reset()
}

// Control follows a command of the server. What can not be followed is logged and ignored.
func (b *Balancer) Control(command Command) {
	if !b.subscribed {
		return
	}
	if !command.Valid() {
		if b.Logger != nil {
			b.Logger.Warn("main camera command ignored: not a resolution", "resolution", command.Resolution)
		}
		return
	}
	b.command = command
	b.Balance(nil)
}

// Replaced is told that another track is sent.
func (b *Balancer) Replaced() {
	if b.subscribed {
		b.monitor.Replaced()
	}
}

// Reset forgets the server's command and balances by the track's own size.
func (b *Balancer) Reset() {
	b.command = Command{}
	b.Balance(nil)
}

// Balance applies the last command. Done may be nil.
func (b *Balancer) Balance(done func(Result, error)) {
	j := &job{b.command, done}
	if b.running {
		if b.next != nil {
			b.next.settle(Result{}, nil) // the newer one speaks for it
		}
		b.next = j
		return
	}
	b.run(j)
}

func (j *job) settle(r Result, err error) {
	if j.done != nil {
		j.done(r, err)
	}
}

func (b *Balancer) run(j *job) {
	sender, ok := b.Sender()
	switch {
	case !ok:
		j.settle(Result{}, ErrNoConnection)
		return
	case sender == nil:
		j.settle(Result{}, nil)
		return
	}
	_, size, sending := sender.Track()
	codec := sender.Codec()
	if !sending || Ignored(codec, b.Options.Ignore) {
		j.settle(Result{HasSender: true}, nil)
		return
	}
	var limit *Size
	if b.Options.Limit != nil {
		limit = b.Options.Limit()
	}
	present := sender.Encodings()
	wanted := Merge(present, []Encoding{Decide(size, codec, limit, j.command)}, false)
	if EqualEncodings(present, wanted) {
		j.settle(Result{HasSender: true}, nil)
		return
	}
	b.running = true
	sender.SetEncodings(wanted, func(err error) {
		b.running = false
		if err == nil && b.Applied != nil {
			b.Applied(wanted)
		}
		j.settle(Result{Changed: err == nil, HasSender: true}, err)
		if next := b.next; next != nil {
			b.next = nil
			b.run(next)
		}
	})
}
