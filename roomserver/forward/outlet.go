package forward

import (
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Outlet is one receiver's video m-line. Track goes into his peer connection; Select chooses what he sees.
type Outlet struct {
	track *webrtc.TrackLocalStaticRTP
	codec string

	mu       sync.Mutex
	current  *Source // what is forwarded
	next     *Source // what is waited for: its next key frame makes it current
	asked    time.Time
	rewriter rewriter
	thinner  thinner
	scratch  []byte
	onSwitch func(*Source)
	packets  uint64
}

// NewOutlet makes an outlet whose track has the ids of the msid (RFC 8830). onSwitch, if not nil, is called when another
// source's first packet goes out; it must not block.
func NewOutlet(capability webrtc.RTPCodecCapability, trackID, streamID string, onSwitch func(*Source)) (*Outlet, error) {
	track, err := webrtc.NewTrackLocalStaticRTP(capability, trackID, streamID)
	if err != nil {
		return nil, err
	}
	return &Outlet{track: track, codec: subtype(capability.MimeType), onSwitch: onSwitch}, nil
}

// Track is what to add to the receiver's peer connection.
func (o *Outlet) Track() webrtc.TrackLocal { return o.track }

// Packets counts what was forwarded.
func (o *Outlet) Packets() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.packets
}

// Select chooses the source; nil shows nothing. The old one is forwarded until the new one's first key frame.
func (o *Outlet) Select(s *Source) {
	o.mu.Lock()
	if s == o.next && s != nil || s == o.current && o.next == nil {
		o.mu.Unlock()
		return
	}
	var dropped []*Source
	if o.next != nil {
		dropped = append(dropped, o.next)
	}
	o.next = nil
	switch {
	case s == nil:
		if o.current != nil {
			dropped = append(dropped, o.current)
		}
		o.current = nil
	case s != o.current:
		o.next = s
		o.asked = time.Now()
	}
	o.mu.Unlock()
	for _, d := range dropped {
		d.detach(o)
	}
	if s != nil {
		s.attach(o)
		s.RequestKeyFrame()
	}
}

// Selected is the source that is shown or waited for, nil when there is none.
func (o *Outlet) Selected() *Source {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next != nil {
		return o.next
	}
	return o.current
}

// RequestKeyFrame passes the receiver's PLI or FIR on.
func (o *Outlet) RequestKeyFrame() {
	if s := o.Selected(); s != nil {
		s.RequestKeyFrame()
	}
}

func (o *Outlet) forget(s *Source) {
	o.mu.Lock()
	if o.current == s {
		o.current = nil
	}
	if o.next == s {
		o.next = nil
	}
	o.mu.Unlock()
	s.detach(o)
}

// SetLevel chooses how much is forwarded. More than before begins with the next key frame.
func (o *Outlet) SetLevel(l Level) {
	o.mu.Lock()
	more := l < o.thinner.level
	o.thinner.level = l
	s := o.current
	o.mu.Unlock()
	if more && s != nil {
		s.RequestKeyFrame()
	}
}

// Level that is forwarded.
func (o *Outlet) Level() Level {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.thinner.level
}

// deliver forwards one packet if its source is the current one, or becomes it.
func (o *Outlet) deliver(s *Source, p *rtp.Packet) {
	now := time.Now()
	o.mu.Lock()
	var old *Source
	switched := false
	if s == o.next {
		if !startsKeyFrame(o.codec, p.Payload) {
			again := now.Sub(o.asked) > keyFrameRetry
			if again {
				o.asked = now
			}
			o.mu.Unlock()
			if again {
				s.RequestKeyFrame()
			}
			return
		}
		old, o.current, o.next, switched = o.current, s, nil, true
		o.rewriter.restart(p, now)
		o.thinner.restart()
	}
	if s != o.current {
		o.mu.Unlock()
		return
	}
	ask := o.forward(p, now)
	o.mu.Unlock()
	if ask {
		s.RequestKeyFrame()
	}
	if old != nil {
		old.detach(o)
	}
	if switched && o.onSwitch != nil {
		o.onSwitch(s)
	}
}

// forward sends a packet on unless its frame is left out. ask tells that a key frame is needed.
func (o *Outlet) forward(p *rtp.Packet, now time.Time) (ask bool) {
	keep, ask := o.thinner.wants(o.codec, p.Timestamp, p.Payload, now)
	if ask && now.Sub(o.asked) < keyFrameRetry {
		ask = false
	} else if ask {
		o.asked = now
	}
	run := o.rewriter.place(p, keep, now)
	if run == nil {
		return ask
	}
	sequence, timestamp := o.rewriter.header(p, run, now)
	payload := p.Payload
	if d, ok := describe(o.codec, payload); ok && (d.hasPicture || d.hasTL0) {
		o.scratch = o.rewriter.payload(o.scratch[:0], payload, d, run)
		payload = o.scratch
	}
	// Packets of padding only (bandwidth probes) go on as empty ones: left out, they would be gaps to the receiver.
	out := rtp.Packet{
		Header: rtp.Header{Version: 2, Marker: p.Marker, SequenceNumber: sequence, Timestamp: timestamp},
		// The writers below copy what they keep (NACK responder) and encrypt into buffers of their own (SRTP).
		Payload: payload,
	}
	o.packets++
	// An error here means the receiver's transport is gone; his peer connection's state says so too, and ends him.
	_ = o.track.WriteRTP(&out)
	return ask
}

func subtype(mime string) string {
	_, after, _ := strings.Cut(mime, "/")
	return strings.ToUpper(after)
}
