package peer

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"parley/media/video"
)

// Bounds of retransmission.
const (
	repairSize  = 1024                 // packets that can be sent again, a power of two
	repairAgain = 8 * time.Millisecond // before a packet is sent again once more: the peer knows why it asks again
	repairShare = 0.5                  // of the estimate that may be sent again
	repairBurst = 200 * time.Millisecond
)

// repairer keeps what was sent and sends it again when the peer asks (RFC 4585 NACK, RFC 4588 RTX). It is an interceptor
// of the leg; packets are kept in buffers that are used again.
type repairer struct {
	interceptor.NoOp
	rate func() float64 // of the estimator, bit/s

	mu      sync.Mutex
	streams map[uint32]*repairStream
	budget  float64 // bytes
	filled  time.Duration
}

type repairStream struct {
	writer   interceptor.RTPWriter
	ssrc     uint32
	rtx      uint32 // 0: packets are repeated as they were
	rtxType  uint8
	sequence uint16 // of rtx
	ring     [repairSize]sentPacket
	header   rtp.Header
	payload  []byte
}

type sentPacket struct {
	used      bool
	sequence  uint16
	timestamp uint32
	marker    bool
	pt        uint8
	payload   []byte
	again     time.Duration // when it was sent again
}

func newRepairer() *repairer { return &repairer{streams: map[uint32]*repairStream{}} }

// NewInterceptor makes it a factory of itself: it serves one connection.
func (r *repairer) NewInterceptor(string) (interceptor.Interceptor, error) { return r, nil }

// BindLocalStream as interceptor.Interceptor.
func (r *repairer) BindLocalStream(info *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	if isSound(info) || !wantsNACK(info) {
		return writer // sound: the pacer keeps it
	}
	return r.keep(info, writer)
}

func isSound(info *interceptor.StreamInfo) bool {
	return strings.HasPrefix(strings.ToLower(info.MimeType), "audio/")
}

func wantsNACK(info *interceptor.StreamInfo) bool {
	return slices.ContainsFunc(info.RTCPFeedback, func(f interceptor.RTCPFeedback) bool { return f.Type == "nack" && f.Parameter == "" })
}

func (r *repairer) keep(info *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	s := &repairStream{writer: writer, ssrc: info.SSRC, rtx: info.SSRCRetransmission, rtxType: info.PayloadTypeRetransmission,
		sequence: uint16(video.Now()) & 0x7fff}
	slab := make([]byte, repairSize*mtu)
	for i := range s.ring {
		s.ring[i].payload = slab[i*mtu : i*mtu : (i+1)*mtu]
	}
	r.mu.Lock()
	r.streams[info.SSRC] = s
	r.mu.Unlock()
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		r.mu.Lock()
		p := &s.ring[h.SequenceNumber%repairSize]
		p.used, p.sequence, p.timestamp, p.marker, p.pt, p.again = true, h.SequenceNumber, h.Timestamp, h.Marker, h.PayloadType, 0
		p.payload = append(p.payload[:0], payload...)
		r.mu.Unlock()
		return writer.Write(h, payload, a)
	})
}

// UnbindLocalStream as interceptor.Interceptor.
func (r *repairer) UnbindLocalStream(info *interceptor.StreamInfo) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.streams, info.SSRC)
}

// answer sends again what the peer misses, as far as the rate allows.
func (r *repairer) answer(nack *rtcp.TransportLayerNack, rtt time.Duration) {
	rate := r.rate()
	now := video.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.streams[nack.MediaSSRC]
	if s == nil {
		return
	}
	most := max(repairShare*rate/8*repairBurst.Seconds(), 4*mtu)
	if r.filled == 0 {
		r.budget = most
	}
	r.budget = min(r.budget+repairShare*rate/8*min(now-r.filled, time.Second).Seconds(), most)
	r.filled = now
	for _, pair := range nack.Nacks {
		pair.Range(func(sequence uint16) bool {
			p := &s.ring[sequence%repairSize]
			if !p.used || p.sequence != sequence || p.again > 0 && now-p.again < min(rtt, repairAgain) {
				return true
			}
			if r.budget < float64(len(p.payload)) {
				return false
			}
			r.budget -= float64(len(p.payload))
			p.again = now
			s.repeat(p)
			return true
		})
	}
}

// repeat hands a packet to the pacer once more. A closed transport shows elsewhere.
func (s *repairStream) repeat(p *sentPacket) {
	s.header = rtp.Header{Version: 2, Marker: p.marker, PayloadType: p.pt, SequenceNumber: p.sequence,
		Timestamp: p.timestamp, Extensions: s.header.Extensions[:0]}
	if s.rtx == 0 {
		s.header.SSRC = s.ssrc
		_, _ = s.writer.Write(&s.header, p.payload, nil)
		return
	}
	s.header.SSRC, s.header.PayloadType, s.header.SequenceNumber = s.rtx, s.rtxType, s.sequence
	s.sequence++
	s.payload = binary.BigEndian.AppendUint16(s.payload[:0], p.sequence)
	s.payload = append(s.payload, p.payload...)
	_, _ = s.writer.Write(&s.header, s.payload, nil)
}
