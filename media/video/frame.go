// Package video holds pictures: the I420 frame and its pool, scaling and conversion (libyuv), and the outlet through
// which a stream hands its newest frame to viewers.
package video

import (
	"sync"
	"sync/atomic"
	"time"
)

// Frame is one I420 picture (BT.601 limited range, 4:2:0, 8 bit). Planes are row-major; chroma planes are
// ceil(Width/2) × ceil(Height/2).
//
// A frame is counted: whoever receives one in a callback may read it until the callback returns, and calls Retain to
// keep it longer, Release when done. A retained frame is read-only.
type Frame struct {
	Width, Height int // pixels
	Y, U, V       []byte
	StrideY       int // bytes
	StrideUV      int // bytes
	// Captured is when the picture was taken (local) or is due (remote), on the monotonic clock of Now.
	Captured time.Duration

	refs atomic.Int32
	pool *Pool
}

var epoch = time.Now()

// Now is the media clock: time since the process began, monotonic.
func Now() time.Duration { return time.Since(epoch) }

// NewFrame allocates a frame outside any pool, with one reference.
func NewFrame(width, height int) *Frame {
	f := &Frame{}
	f.allocate(width, height)
	f.refs.Store(1)
	return f
}

func (f *Frame) allocate(width, height int) {
	cw, ch := (width+1)/2, (height+1)/2
	buf := make([]byte, width*height+2*cw*ch)
	f.Width, f.Height = width, height
	f.StrideY, f.StrideUV = width, cw
	f.Y = buf[: width*height : width*height]
	f.U = buf[width*height : width*height+cw*ch : width*height+cw*ch]
	f.V = buf[width*height+cw*ch:]
}

// Retain adds a reference.
func (f *Frame) Retain() *Frame {
	if f.refs.Add(1) <= 1 {
		panic("video: Retain of a released frame")
	}
	return f
}

// Release drops a reference; the last one gives the frame back to its pool.
func (f *Frame) Release() {
	switch n := f.refs.Add(-1); {
	case n == 0:
		if f.pool != nil {
			f.pool.put(f)
		}
	case n < 0:
		panic("video: Release of a released frame")
	}
}

// Pool hands out frames of any size and takes them back; steady state allocates nothing.
type Pool struct {
	mu   sync.Mutex
	free []*Frame
}

// poolLimit bounds what an idle pool keeps.
const poolLimit = 8

// Get returns a frame of the size with one reference. Its contents are undefined.
func (p *Pool) Get(width, height int) *Frame {
	p.mu.Lock()
	for i, f := range p.free {
		if f.Width == width && f.Height == height {
			last := len(p.free) - 1
			p.free[i] = p.free[last]
			p.free[last] = nil
			p.free = p.free[:last]
			p.mu.Unlock()
			f.Captured = 0
			f.refs.Store(1)
			return f
		}
	}
	p.mu.Unlock()
	f := &Frame{pool: p}
	f.allocate(width, height)
	f.refs.Store(1)
	return f
}

func (p *Pool) put(f *Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) >= poolLimit {
		// The oldest goes: after a change of size the pool would otherwise keep frames nobody asks for.
		copy(p.free, p.free[1:])
		p.free[len(p.free)-1] = f
		return
	}
	p.free = append(p.free, f)
}
