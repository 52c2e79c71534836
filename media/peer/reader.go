package peer

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
	"parley/media/video"
)

// stream is one of the peer's, as pion has it.
type stream struct {
	track       *webrtc.TrackRemote
	transceiver *webrtc.RTPTransceiver
}

// attach is pion's OnTrack: a stream of the peer begins. It is read until it ends, also while no line wants it.
func (p *Conn) attach(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	s := &stream{track: t, transceiver: r.RTPTransceiver()}
	p.mu.Lock()
	p.streams = append(p.streams, s)
	p.mu.Unlock()
	p.work(func() {
		defer p.detach(s)
		p.readRTP(s)
	})
	p.work(func() { p.readReceiverRTCP(s, r) })
}

func (p *Conn) detach(s *stream) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streams = slices.DeleteFunc(p.streams, func(x *stream) bool { return x == s })
}

// repaired takes a retransmission as it comes from the network and tells whether a picture wanted it.
func (p *Conn) repaired(b []byte) bool {
	rtx := webrtc.SSRC(binary.BigEndian.Uint32(b[8:]))
	p.mu.Lock()
	var v *videoReceiver
	var track *webrtc.TrackRemote
	for _, s := range p.streams {
		if s.track.RtxSSRC() != rtx {
			continue
		}
		if l := p.lineOf(s); l != nil {
			v, track = l.receiver.video, s.track
		}
	}
	p.mu.Unlock()
	if v == nil || v.source() != uint32(track.SSRC()) || track.PayloadType() == 0 || len(b) > packetSize {
		return false
	}
	pk := newPacket()
	pk.arrived = video.Now()
	n := copy(pk.buffer[:], b)
	if !pk.unwrapRepair(n, uint8(track.PayloadType())) {
		pk.free()
		return false
	}
	v.push(pk, n-2, uint32(track.SSRC()), true)
	return true
}

// lineOf finds the line of a stream: the one that announced its source, else that of its m-line. A source that no m-line
// announced gets a transceiver of its own from pion and belongs to the line that has the track's name, or of its kind.
// Under mu.
func (p *Conn) lineOf(s *stream) *line {
	ssrc := uint32(s.track.SSRC())
	var own *line
	for _, l := range p.lines {
		if l.section != nil && l.section.ssrc == ssrc && l.agreed.receives() {
			return l
		}
		if s.transceiver != nil && l.transceiver == s.transceiver {
			own = l
		}
	}
	if own != nil {
		return own
	}
	return p.undeclared(s.track)
}

// receiverOf is where packets of a stream go now.
func (p *Conn) receiverOf(s *stream) receiver {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.lineOf(s); l != nil {
		return l.receiver
	}
	return receiver{}
}

// undeclared finds the line of a stream whose source no m-line announced. Under mu.
func (p *Conn) undeclared(t *webrtc.TrackRemote) *line {
	kind := rtc.Audio
	if t.Kind() == webrtc.RTPCodecTypeVideo {
		kind = rtc.Video
	}
	var best *line
	for _, l := range p.lines {
		if l.kind != kind || !l.agreed.receives() || l.section == nil || l.section.ssrc != 0 {
			continue
		}
		if stream, id := l.section.ids(); stream == t.StreamID() && id == t.ID() {
			return l
		}
		if best == nil {
			best = l
		}
	}
	return best
}

// codecOf is the codec of a payload type that may arrive; empty when unknown.
func (p *Conn) codecOf(pt uint8) string { return p.receive.name(pt) }

func (p *Conn) newVideoReceiver(t *RemoteTrack) *videoReceiver {
	v := newVideoReceiver(t, p.log)
	v.unopened.tell = p.tellsOf(CodecFailure{Track: t})
	v.codec = p.codecOf
	v.requestKey = func() {
		if ssrc := v.source(); ssrc != 0 {
			p.writeRTCP(&rtcp.PictureLossIndication{MediaSSRC: ssrc})
		}
	}
	v.requestLost = func(sequence []uint16) {
		if ssrc := v.source(); ssrc != 0 {
			p.writeRTCP(&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(sequence)})
		}
	}
	p.work(v.run)
	return v
}

// canNACK tells whether the peer agreed to NACK for any codec of the line.
func (l *line) canNACK(p *Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.section == nil {
		return false
	}
	for _, list := range l.section.feedback {
		if containsFold(list, "nack") {
			return true
		}
	}
	return false
}

// readRTP reads one stream until it ends.
func (p *Conn) readRTP(s *stream) {
	t := s.track
	for {
		pk := newPacket()
		n, attributes, err := t.Read(pk.buffer[:])
		if err != nil && !(errors.Is(err, webrtc.ErrCodecNotFound) && n > 0) {
			pk.free()
			return
		}
		pk.arrived = video.Now()
		ssrc, ok := pk.parse(n)
		if !ok {
			pk.free()
			continue
		}
		receiver := p.receiverOf(s)
		switch {
		case receiver.video != nil:
			receiver.video.push(pk, n, ssrc, attributes.Get(webrtc.AttributeRtxSsrc) != nil)
		case receiver.audio != nil:
			receiver.audio.push(pk, n, ssrc)
		default:
			pk.free()
		}
	}
}
