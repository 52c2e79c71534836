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

// deliver forwards one packet if its source is the current one, or becomes it.
func (o *Outlet) deliver(s *Source, p *rtp.Packet) {
	o.mu.Lock()
	var old *Source
	switched := false
	if s == o.next {
		if !startsKeyFrame(o.codec, p.Payload) {
			again := time.Since(o.asked) > keyFrameRetry
			if again {
				o.asked = time.Now()
			}
			o.mu.Unlock()
			if again {
				s.RequestKeyFrame()
			}
			return
		}
		old, o.current, o.next, switched = o.current, s, nil, true
		o.rewriter.restart(p, time.Now())
	}
	if s != o.current {
		o.mu.Unlock()
		return
	}
	o.forward(p)
	o.mu.Unlock()
	if old != nil {
		old.detach(o)
	}
	if switched && o.onSwitch != nil {
		o.onSwitch(s)
	}
}

func (o *Outlet) forward(p *rtp.Packet) {
	sequence, timestamp, ok := o.rewriter.header(p, time.Now())
	if !ok {
		return
	}
	payload := p.Payload
	if o.codec == "VP8" {
		o.scratch = o.rewriter.vp8(o.scratch[:0], payload)
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
}

func subtype(mime string) string {
	_, after, _ := strings.Cut(mime, "/")
	return strings.ToUpper(after)
}
