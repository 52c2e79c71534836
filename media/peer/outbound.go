package peer

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
	"parley/media/video"
)

// mtu is the largest RTP payload we send, bytes: it leaves room for SRTP, header extensions, IPv6 and a TURN relay.
const mtu = 1180

// outbound is the sending side of one m-line towards pion: a track that is bound once and keeps its sequence numbers and
// timestamps for the whole call, whatever source or codec is behind it. It implements webrtc.TrackLocal.
type outbound struct {
	kind         rtc.Kind
	id, streamID string
	preferred    func(offered []webrtc.RTPCodecParameters) webrtc.RTPCodecParameters
	offset       uint32 // of timestamps

	mu      sync.Mutex
	writer  webrtc.TrackLocalWriter
	header  rtp.Header
	ssrc    uint32
	rtxSSRC uint32
	sequence,
	lastTime uint32
	hasTime        bool
	packets, bytes uint64
	headerBytes    uint64
	lastSent       time.Time
	remote         remoteReport
	reference      reference
}

// reference ties timestamps to the media clock: when what carries a timestamp was captured.
type reference struct {
	timestamp uint32
	at        time.Duration
	clock     uint32 // Hz; 0: nothing was sent yet
}

func newOutbound(kind rtc.Kind, streamID, id string) *outbound {
	return &outbound{kind: kind, id: id, streamID: streamID,
		sequence: rand.Uint32() & 0x7fff, // not close to its end: SRTP's rollover is ambiguous there at the beginning
		offset:   rand.Uint32()}
}

// ID, StreamID, RID and Kind as webrtc.TrackLocal.
func (o *outbound) ID() string       { return o.id }
func (o *outbound) StreamID() string { return o.streamID }
func (o *outbound) RID() string      { return "" }
func (o *outbound) Kind() webrtc.RTPCodecType {
	if o.kind == rtc.Audio {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}

// Bind is called by pion once, at the end of the first negotiation. It never fails: an m-line without a codec of ours is
// a matter of the line, and an error would break the other m-lines.
func (o *outbound) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	chosen := o.preferred(c.CodecParameters()) // takes the connection's lock, which others hold when they come for ours
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writer, o.ssrc, o.rtxSSRC = c.WriteStream(), uint32(c.SSRC()), uint32(c.SSRCRetransmission())
	return chosen, nil
}

// Unbind is called by pion when the connection closes.
func (o *outbound) Unbind(webrtc.TrackLocalContext) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writer = nil
	return nil
}

// timestamp turns a moment of the media clock into an RTP timestamp that never goes back.
func (o *outbound) timestamp(at time.Duration, clock uint32) uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.offset + uint32(uint64(at.Microseconds())*uint64(clock)/1e6)
	if o.hasTime && int32(t-o.lastTime) <= 0 {
		t = o.lastTime + 1
	}
	o.lastTime, o.hasTime = t, true
	o.reference = reference{t, at, clock}
	return t
}

// captured notes when what carries a timestamp was captured, for who makes his timestamps himself.
func (o *outbound) captured(timestamp uint32, at time.Duration, clock uint32) {
	o.mu.Lock()
	o.reference = reference{timestamp, at, clock}
	o.mu.Unlock()
}

// senderReport says what was sent, and what moment a timestamp stands for (RFC 3550, 6.4.1); nil while nothing was. The
// moment is that of the capture, not of the sending: sound waits for its packet to fill, a picture for the encoder, and a
// receiver that plays both together must know neither.
func (o *outbound) senderReport(now time.Duration, wall time.Time) *rtcp.SenderReport {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.reference
	if o.packets == 0 || r.clock == 0 {
		return nil
	}
	return &rtcp.SenderReport{SSRC: o.ssrc, NTPTime: ntpTime(wall),
		RTPTime:     r.timestamp + uint32(int64((now-r.at).Microseconds())*int64(r.clock)/1e6),
		PacketCount: uint32(o.packets), OctetCount: uint32(o.bytes)}
}

// ntpTime is a moment as NTP has it: seconds since 1900 in 32 bits before and 32 behind the point.
func ntpTime(t time.Time) uint64 {
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// write sends one packet. It reports whether there was anywhere to send it.
func (o *outbound) write(payload []byte, pt uint8, timestamp uint32, marker bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writer == nil {
		return false
	}
	o.header = rtp.Header{
		Version: 2, Marker: marker, PayloadType: pt, SequenceNumber: uint16(o.sequence),
		Timestamp: timestamp, SSRC: o.ssrc, Extensions: o.header.Extensions[:0],
	}
	o.sequence++
	if _, err := o.writer.WriteRTP(&o.header, payload); err != nil {
		return false
	}
	o.packets++
	o.bytes += uint64(len(payload))
	o.headerBytes += uint64(o.header.MarshalSize())
	o.lastSent = time.Now()
	return true
}

// counters of what was sent.
func (o *outbound) counters() (ssrc, rtx uint32, packets, bytes, headerBytes uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ssrc, o.rtxSSRC, o.packets, o.bytes, o.headerBytes
}

// captureTime is a frame's own time if it is credible, else now.
func captureTime(f *video.Frame) time.Duration {
	now := video.Now()
	if f.Captured > 0 && f.Captured <= now && now-f.Captured < time.Second {
		return f.Captured
	}
	return now
}
