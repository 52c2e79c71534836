package sip

import "sync"

// maxUndelivered callbacks may wait for the application before reading from the socket stops.
const maxUndelivered = 1024

// dispatcher runs callbacks in order on its own goroutine, so that they can call the agent.
type dispatcher struct {
	mu     sync.Mutex
	change *sync.Cond
	items  []func()
	closed bool
}

func newDispatcher() *dispatcher {
	d := &dispatcher{}
	d.change = sync.NewCond(&d.mu)
	return d
}

// add never blocks. Its callers are bounded: network input waits in room.
func (d *dispatcher) add(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.items = append(d.items, f)
		d.change.Broadcast()
	}
}

// room waits until the application has caught up.
func (d *dispatcher) room() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.items) >= maxUndelivered && !d.closed {
		d.change.Wait()
	}
}

// close lets run deliver what is there and return.
func (d *dispatcher) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.change.Broadcast()
}

func (d *dispatcher) run() {
	for {
		d.mu.Lock()
		for len(d.items) == 0 && !d.closed {
			d.change.Wait()
		}
		if len(d.items) == 0 {
			d.mu.Unlock()
			return
		}
		f := d.items[0]
		d.items[0] = nil
		d.items = d.items[1:]
		d.change.Broadcast()
		d.mu.Unlock()
		f()
	}
}
