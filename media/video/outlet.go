package video

import "sync"

// Outlet hands a stream's frames to any number of viewers. It keeps the newest frame only; a viewer that comes late gets
// that one, a slow viewer misses frames.
type Outlet struct {
	mu     sync.Mutex
	newest *Frame
	count  uint64
	next   int
	taps   map[int]func(*Frame)
	closed bool
}

// Put publishes a frame. The caller keeps its own reference. Taps run on the caller's goroutine.
func (o *Outlet) Put(f *Frame) {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return
	}
	old := o.newest
	o.newest = f.Retain()
	o.count++
	// The lock is held over the taps so that a removed tap never runs afterwards.
	for _, tap := range o.taps {
		tap(f)
	}
	o.mu.Unlock()
	if old != nil {
		old.Release()
	}
}

// Newest returns the newest frame with a reference for the caller, and how many frames were put so far. The frame is
// nil when there is none.
func (o *Outlet) Newest() (f *Frame, count uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.newest == nil {
		return nil, o.count
	}
	return o.newest.Retain(), o.count
}

// Tap calls fn for every frame until cancel. fn must be quick, and must not call the outlet.
func (o *Outlet) Tap(fn func(*Frame)) (cancel func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.taps == nil {
		o.taps = map[int]func(*Frame){}
	}
	id := o.next
	o.next++
	o.taps[id] = fn
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.taps, id)
	}
}

// Clear forgets the newest frame (camera off, presentation ended) so that viewers draw nothing stale.
func (o *Outlet) Clear() {
	o.mu.Lock()
	old := o.newest
	o.newest = nil
	o.count++
	o.mu.Unlock()
	if old != nil {
		old.Release()
	}
}

// Close clears and takes no more frames.
func (o *Outlet) Close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.Clear()
}
