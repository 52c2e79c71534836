package peer

import (
	"fmt"
	"slices"

	"parley/connector/rtc"
)

// SetTrack as rtc.PeerConnection. The track must have Frames (VideoSource) or Tap (AudioSource). ErrNoSlot: the
// connection has no such m-line. The caller keeps the track; it is not stopped.
func (p *Conn) SetTrack(slot rtc.Slot, track rtc.LocalTrack) (renegotiate bool, err error) {
	select {
	case p.negotiation <- struct{}{}:
		defer p.leave()
	case <-p.closing:
		return false, ErrClosed
	}
	p.mu.Lock()
	if p.state == rtc.StateClosed {
		p.mu.Unlock()
		return false, ErrClosed
	}
	l := p.slotLine(slot)
	p.mu.Unlock()
	if l == nil {
		if slot != rtc.SlotPresentation || p.rtc.ReceiveAudio+p.rtc.ReceiveVideo > 0 || !p.hasKind(rtc.Video) {
			return false, ErrNoSlot
		}
		if track == nil {
			return false, nil
		}
		if l, err = p.addPresentation(); err != nil {
			return false, err
		}
	}
	if track != nil && track.Kind() != l.kind {
		return false, fmt.Errorf("%w: a track of %s for %s", ErrNoSlot, track.Kind(), l.kind)
	}
	p.mu.Lock()
	apart := l.apart
	p.mu.Unlock()
	if apart != nil {
		if renegotiate, err = apart.SetTrack(slot, track); err == nil {
			p.mu.Lock()
			l.sending.track = track
			p.mu.Unlock()
		}
		return renegotiate, err
	}
	if l.sending.audio != nil {
		err = l.sending.audio.setTrack(track)
	} else {
		err = l.sending.video.setTrack(track)
	}
	if err != nil {
		return false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l.sending.track = track
	return track != nil && slot == rtc.SlotPresentation && !l.agreed.sends(), nil
}

// slotLine finds the line that sends a slot. Under mu.
func (p *Conn) slotLine(slot rtc.Slot) *line {
	i := slices.IndexFunc(p.lines, func(l *line) bool { return l.sending != nil && l.slot == slot })
	if i < 0 {
		return nil
	}
	return p.lines[i]
}

// addPresentation takes the video m-line that the peer offered to receive on, else adds one.
func (p *Conn) addPresentation() (*line, error) {
	p.mu.Lock()
	i := slices.IndexFunc(p.lines, func(l *line) bool {
		return l.kind == rtc.Video && l.sending == nil && l.section != nil && l.section.usable() &&
			l.section.direction == recvOnly
	})
	offered := i >= 0
	p.mu.Unlock()
	if !offered {
		l := &line{kind: rtc.Video, slot: rtc.SlotPresentation, want: sendRecv}
		p.equip(l)
		t, err := p.addTransceiver(l)
		if err != nil {
			l.sending.close()
			return nil, err
		}
		p.mu.Lock()
		l.transceiver = t
		p.lines = append(slices.Clip(p.lines), l)
		p.mu.Unlock()
		return l, nil
	}
	// pion chooses the transceiver itself: the first it may send on.
	spare := &line{kind: rtc.Video, slot: rtc.SlotPresentation}
	p.equip(spare)
	sender, err := p.leg.pc.AddTrack(spare.sending.out)
	if err != nil {
		spare.sending.close()
		return nil, fmt.Errorf("adding the presentation: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.leg.pc.GetTransceivers() {
		if t.Sender() != sender {
			continue
		}
		for _, l := range p.lines {
			if l.transceiver == t {
				l.sending, l.slot, l.want = spare.sending, rtc.SlotPresentation, sendRecv
				return l, nil
			}
		}
		spare.transceiver, spare.want = t, sendRecv
		p.lines = append(slices.Clip(p.lines), spare)
	}
	return spare, nil
}

// SetEncoding as rtc.PeerConnection; it takes effect with the next frame.
func (p *Conn) SetEncoding(slot rtc.Slot, e rtc.Encoding) {
	p.mu.Lock()
	p.encodings[slot] = e
	l := p.slotLine(slot)
	var apart *Conn
	if l != nil {
		apart = l.apart
	}
	p.mu.Unlock()
	if l == nil {
		return
	}
	if apart != nil {
		apart.SetEncoding(slot, e)
	}
	if l.sending.audio != nil {
		l.sending.audio.setLimit(e.MaxBitrate)
		return
	}
	v := l.sending.video
	v.mu.Lock()
	v.encoding = e
	v.mu.Unlock()
}

// Encoding as rtc.PeerConnection.
func (p *Conn) Encoding(slot rtc.Slot) rtc.Encoding {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.encodings[slot]
}
