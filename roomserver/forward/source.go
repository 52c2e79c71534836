// Package forward carries video from one sender to any number of receivers without decoding it. A Source is what one
// sender sends, an Outlet is one receiver's m-line. Switching an outlet to another source happens at a key frame, and what
// the receiver sees is one continuous RTP stream (RFC 3550): sequence numbers, timestamps and, for VP8, the picture id
// and TL0PICIDX (RFC 7741) go on as if one sender had sent it all.
package forward

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

const (
	// keyFrameInterval is the least time between two key frame requests to one sender: each costs him a large frame.
	keyFrameInterval = 400 * time.Millisecond
	// keyFrameRetry is how long an outlet waits for a key frame before it is asked for again.
	keyFrameRetry = 700 * time.Millisecond
)

// Source is one sender's video. Its methods may be called from any goroutine; Write from one at a time.
type Source struct {
	name       string
	requestKey func()
	outlets    atomic.Pointer[[]*Outlet] // copied on write, so that Write takes no lock
	packets    atomic.Uint64
	bytes      atomic.Uint64
	size       atomic.Uint64 // of the picture: width<<32 | height

	mu      sync.Mutex
	rate    float64 // bit/s, at the last Measure
	counted uint64
	at      time.Time
	asked   time.Time
	pending *time.Timer
	closed  bool
}

// NewSource makes a source. requestKey asks the sender for a key frame (PLI); it is called at most once in 400 ms and
// must not block.
func NewSource(name string, requestKey func()) *Source {
	s := &Source{name: name, requestKey: requestKey}
	s.outlets.Store(&[]*Outlet{})
	return s
}

// Name of the sender, for logs and events.
func (s *Source) Name() string { return s.name }

// Packets counts what the sender sent so far.
func (s *Source) Packets() uint64 { return s.packets.Load() }

// Bytes counts the payload the sender sent so far.
func (s *Source) Bytes() uint64 { return s.bytes.Load() }

// Look reads the size of the picture off a packet of a room's codec ("H264/0" too), where it says so.
func (s *Source) Look(codec string, payload []byte) {
	name, _, _ := strings.Cut(codec, "/")
	if w, h := pictureSize(name, payload); w > 0 && h > 0 {
		s.size.Store(uint64(w)<<32 | uint64(h))
	}
}

// Size of the picture as its last key frame had it, pixels; 0, 0 before the first.
func (s *Source) Size() (width, height int) {
	size := s.size.Load()
	return int(size >> 32), int(uint32(size))
}

// Measure gives the bitrate of the payload since the last Measure, bit/s; 0 the first time.
func (s *Source) Measure(now time.Time) float64 {
	bytes := s.bytes.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	d := now.Sub(s.at).Seconds()
	if s.at.IsZero() || d > 10 {
		s.rate = 0
	} else if d > 0.1 {
		s.rate = float64(bytes-s.counted) * 8 / d
	} else {
		return s.rate
	}
	s.counted, s.at = bytes, now
	return s.rate
}

// Measured is the result of the last Measure.
func (s *Source) Measured() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rate
}

// Watched tells whether anybody receives the source, or waits for its key frame.
func (s *Source) Watched() bool { return len(*s.outlets.Load()) > 0 }

// Write hands one packet to all outlets. The packet is not changed and not kept.
func (s *Source) Write(p *rtp.Packet) {
	s.packets.Add(1)
	s.bytes.Add(uint64(len(p.Payload)))
	for _, o := range *s.outlets.Load() {
		o.deliver(s, p)
	}
}

// RequestKeyFrame asks the sender for a key frame, now or as soon as the last request is old enough.
func (s *Source) RequestKeyFrame() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.pending != nil {
		return
	}
	wait := keyFrameInterval - time.Since(s.asked)
	if s.asked.IsZero() || wait <= 0 {
		s.asked = time.Now()
		go s.requestKey()
		return
	}
	s.pending = time.AfterFunc(wait, func() {
		s.mu.Lock()
		s.pending = nil
		closed := s.closed
		s.asked = time.Now()
		s.mu.Unlock()
		if !closed {
			s.requestKey()
		}
	})
}

// Close ends the source: outlets that show it show nothing.
func (s *Source) Close() {
	s.mu.Lock()
	s.closed = true
	if s.pending != nil {
		s.pending.Stop()
		s.pending = nil
	}
	s.mu.Unlock()
	for _, o := range *s.outlets.Load() {
		o.forget(s)
	}
}

func (s *Source) attach(o *Outlet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	old := *s.outlets.Load()
	for _, have := range old {
		if have == o {
			return
		}
	}
	list := append(append(make([]*Outlet, 0, len(old)+1), old...), o)
	s.outlets.Store(&list)
}

func (s *Source) detach(o *Outlet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := *s.outlets.Load()
	list := make([]*Outlet, 0, len(old))
	for _, have := range old {
		if have != o {
			list = append(list, have)
		}
	}
	s.outlets.Store(&list)
}
