package peer

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"parley/media/video"
)

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
			if s.audio != nil && packet.MediaSSRC == ssrc {
				p.repeatSound(s.audio, packet)
			}
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

// repeatSound sends again what the peer misses of a sound.
func (p *Conn) repeatSound(a *audioSender, nack *rtcp.TransportLayerNack) {
	p.mu.Lock()
	l := p.leg
	p.mu.Unlock()
	repeated := 0
	for _, pair := range nack.Nacks {
		pair.Range(func(sequence uint16) bool {
			if l.estimator.pacer.repeat(nack.MediaSSRC, sequence) {
				repeated++
			}
			return true
		})
	}
	a.countNACK(repeated)
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
		packets := int(int32(r.LastSequenceNumber - o.highest))
		if o.reports == 0 || packets < 0 {
			packets = 0
		}
		o.highest = r.LastSequenceNumber
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
			l.estimator.onLoss(fraction, packets)
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
func middleNTP(t time.Time) uint32 { return uint32(ntpTime(t) >> 16) }

// remoteReport is what the peer reports about a source of ours (remote-inbound-rtp).
type remoteReport struct {
	lost          int32
	fraction      float64
	highest       uint32 // sequence number of the last report
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
