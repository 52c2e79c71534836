package peer

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/pion/interceptor"
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
	p.work(func() { p.readRTP(s) })
	p.work(func() { p.readReceiverRTCP(s, r) })
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

func (p *Conn) newVideoReceiver(l *line, t *RemoteTrack) *videoReceiver {
	v := newVideoReceiver(t, p.log)
	v.codec = p.codecOf
	v.requestKey = func() {
		if ssrc := v.source(); ssrc != 0 {
			p.writeRTCP(&rtcp.PictureLossIndication{MediaSSRC: ssrc})
		}
	}
	v.requestLost = func(sequence []uint16) {
		if ssrc := v.source(); ssrc != 0 && l.canNACK(p) {
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
	t, hasDeadline := s.track, false
	for {
		pk := newPacket()
		n, attributes, err := t.Read(pk.buffer[:])
		if err != nil && !(errors.Is(err, webrtc.ErrCodecNotFound) && n > 0) {
			pk.free()
			if isTimeout(err) {
				_ = t.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
				if v := p.receiverOf(s).video; v == nil || !v.holes() {
					_ = t.SetReadDeadline(time.Time{})
					hasDeadline = false
				}
				continue
			}
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
			// Retransmissions come on a stream of their own, which pion looks at only when it is read: while packets
			// are missing, it is read often.
			if t.HasRTX() && !hasDeadline && receiver.video.holes() {
				_ = t.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
				hasDeadline = true
			}
		case receiver.audio != nil:
			receiver.audio.push(pk, n, ssrc)
		default:
			pk.free()
		}
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

// rtcpReader is what both pion's senders and receivers offer.
type rtcpReader interface {
	Read(b []byte) (int, interceptor.Attributes, error)
}

// readRTCP reads until the stream ends. Reading is what drives the interceptors too. Malformed packets are skipped.
func (p *Conn) readRTCP(r rtcpReader, handle func(rtcp.Packet)) {
	buffer := make([]byte, packetSize)
	failures := 0
	for {
		n, attributes, err := r.Read(buffer)
		if err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed) {
				return
			}
			// Malformed RTCP, or an end that has no name of its own: go on, but never spin.
			if failures++; failures > 20 {
				select {
				case <-p.closing:
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
			select {
			case <-p.closing:
				return
			default:
				continue
			}
		}
		failures = 0
		if attributes == nil {
			attributes = interceptor.Attributes{}
		}
		if !worthReading(buffer[:n]) {
			continue
		}
		packets, err := attributes.GetRTCPPackets(buffer[:n])
		if err != nil {
			continue
		}
		for _, packet := range packets {
			handle(packet)
		}
	}
}

func (p *Conn) readSenderRTCP(s *sending, sender *webrtc.RTPSender) {
	p.readRTCP(sender, func(packet rtcp.Packet) {
		ssrc, _, _, _, _ := s.out.counters()
		switch packet := packet.(type) {
		case *rtcp.PictureLossIndication:
			if s.video != nil && packet.MediaSSRC == ssrc {
				s.video.count(func(st *senderStats) { st.pli++ })
				s.video.requestKey()
			}
		case *rtcp.FullIntraRequest:
			for _, e := range packet.FIR {
				if s.video != nil && e.SSRC == ssrc {
					s.video.count(func(st *senderStats) { st.fir++ })
					s.video.requestKey()
				}
			}
		case *rtcp.TransportLayerNack:
			if s.video != nil && packet.MediaSSRC == ssrc {
				s.video.count(func(st *senderStats) { st.nack++ })
				p.mu.Lock()
				l, rtt := p.leg, p.rtt
				p.mu.Unlock()
				l.repairer.answer(packet, rtt)
			}
		case *rtcp.ReceiverReport:
			p.report(s, ssrc, packet.Reports)
		case *rtcp.SenderReport:
			p.report(s, ssrc, packet.Reports)
		}
	})
}

// report takes the reception reports about a source of ours.
func (p *Conn) report(s *sending, ssrc uint32, reports []rtcp.ReceptionReport) {
	for _, r := range reports {
		if r.SSRC != ssrc {
			continue
		}
		fraction := float64(r.FractionLost) / 256
		rtt, measured := roundTrip(r, time.Now())
		s.out.mu.Lock()
		o := &s.out.remote
		o.lost, o.fraction, o.jitter, o.reports = int32(r.TotalLost<<8)>>8, fraction, r.Jitter, o.reports+1
		if measured {
			o.rtt = rtt
			o.totalRTT += rtt
			o.measurements++
		}
		s.out.mu.Unlock()
		if measured {
			p.mu.Lock()
			if p.rtt == 0 {
				p.rtt = rtt
			}
			p.rtt += (rtt - p.rtt) / 4
			p.mu.Unlock()
		}
		if s.audio != nil {
			s.audio.setLoss(fraction)
		} else {
			p.mu.Lock()
			l := p.leg
			p.mu.Unlock()
			l.estimator.onLoss(fraction)
		}
	}
}

// roundTrip is RFC 3550, 6.4.1: now minus the last sender report minus the delay since it.
func roundTrip(r rtcp.ReceptionReport, now time.Time) (time.Duration, bool) {
	if r.LastSenderReport == 0 {
		return 0, false
	}
	diff := middleNTP(now) - r.LastSenderReport - r.Delay
	if int32(diff) < 0 {
		diff = 0 // clocks have steps
	}
	rtt := time.Duration(diff) * time.Second >> 16
	if rtt > 30*time.Second {
		return 0, false
	}
	return rtt, true
}

// since1900 is how many seconds NTP's era is before Unix'.
const since1900 = 2208988800

// middleNTP is the middle 32 bits of a moment's NTP timestamp.
func middleNTP(t time.Time) uint32 {
	seconds := uint64(t.Unix() + since1900)
	fraction := uint64(t.Nanosecond()) << 32 / uint64(time.Second)
	return uint32((seconds<<32 | fraction) >> 16)
}

// remoteReport is what the peer reports about a source of ours (remote-inbound-rtp).
type remoteReport struct {
	lost          int32
	fraction      float64
	jitter        uint32 // timestamp units
	rtt, totalRTT time.Duration
	measurements  uint64
	reports       uint64
}

// sourceReport is what the peer's last sender report says (remote-outbound-rtp).
type sourceReport struct {
	packets, bytes uint32
	reports        uint64
	ntp            uint64
	timestamp      uint32
	at             time.Duration // when it came, media clock
	cname          string        // of the source's description (RFC 3550, 6.5.1)
}

func (p *Conn) readReceiverRTCP(st *stream, r *webrtc.RTPReceiver) {
	p.readRTCP(r, func(packet rtcp.Packet) {
		p.mu.Lock()
		defer p.mu.Unlock()
		l := p.lineOf(st)
		if l == nil {
			return
		}
		s := &l.source
		switch packet := packet.(type) {
		case *rtcp.SenderReport:
			s.packets, s.bytes, s.ntp, s.timestamp = packet.PacketCount, packet.OctetCount, packet.NTPTime, packet.RTPTime
			s.reports++
			s.at = video.Now()
			p.leg.arrivals.senderReport(packet.SSRC, packet.NTPTime)
		case *rtcp.SourceDescription:
			s.describe(packet, uint32(st.track.SSRC()))
		}
	})
}

// describe keeps the canonical name of a source.
func (s *sourceReport) describe(d *rtcp.SourceDescription, ssrc uint32) {
	for _, chunk := range d.Chunks {
		if chunk.Source != ssrc {
			continue
		}
		for _, item := range chunk.Items {
			if item.Type == rtcp.SDESCNAME {
				s.cname = item.Text
			}
		}
	}
}
