package peer

import (
	"encoding/binary"
	"sync"
	"time"
)

// packetSize holds any RTP packet of a 1500-byte network, bytes.
const packetSize = 1500

// packet is one received RTP packet in a buffer of the pool.
type packet struct {
	buffer    [packetSize]byte
	payload   []byte
	sequence  int64 // unwrapped
	timestamp uint32
	pt        uint8
	marker    bool
	repaired  bool          // came as a retransmission
	arrived   time.Duration // media clock
}

var packetPool = sync.Pool{New: func() any { return new(packet) }}

func newPacket() *packet { return packetPool.Get().(*packet) }

func (p *packet) free() {
	p.payload = nil
	packetPool.Put(p)
}

// parse reads the n bytes in the buffer (RFC 3550, 5.1); sequence gets the 16 bits of the wire. It allocates nothing.
func (p *packet) parse(n int) (ssrc uint32, ok bool) {
	b := p.buffer[:n]
	head, end := headerSize(b), n
	if head == 0 {
		return 0, false
	}
	if b[0]&0x20 != 0 {
		end -= int(b[n-1])
		if b[n-1] == 0 {
			return 0, false
		}
	}
	if head > end {
		return 0, false
	}
	p.marker = b[1]&0x80 != 0
	p.pt = b[1] & 0x7f
	p.sequence = int64(binary.BigEndian.Uint16(b[2:]))
	p.timestamp = binary.BigEndian.Uint32(b[4:])
	p.payload = b[head:end]
	return binary.BigEndian.Uint32(b[8:]), true
}

// headerSize is the length of a packet's header with its extensions, bytes; 0: it has none that makes sense. It may be
// more than the packet.
func headerSize(b []byte) int {
	if len(b) < 12 || b[0]>>6 != 2 {
		return 0
	}
	head := 12 + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if len(b) < head+4 {
			return 0
		}
		head += 4 + 4*int(binary.BigEndian.Uint16(b[head+2:]))
	}
	return head
}

// unwrapRepair makes the packet of n bytes in the buffer, a retransmission (RFC 4588, section 4), the one that it repeats.
func (p *packet) unwrapRepair(n int, pt uint8) bool {
	if _, ok := p.parse(n); !ok || len(p.payload) < 2 {
		return false
	}
	p.sequence = int64(binary.BigEndian.Uint16(p.payload))
	p.payload, p.pt = p.payload[2:], pt
	return true
}

// unwrapper turns 16-bit sequence numbers into ones that never wrap.
type unwrapper struct {
	last    int64
	started bool
}

func (u *unwrapper) unwrap(n int64) int64 {
	if !u.started {
		u.started, u.last = true, n
		return n
	}
	v := u.last + int64(int16(uint16(n)-uint16(u.last)))
	u.last = max(u.last, v)
	return v
}

// receiveCounters are the figures of RFC 3550, appendix A, for one inbound source.
type receiveCounters struct {
	packets, bytes, headerBytes uint64
	first, highest              int64
	started                     bool
	jitter                      float64 // timestamp units
	transit                     int64
	clock                       uint32
	lastArrival                 time.Duration
	recovered, recoveredBytes   uint64 // by retransmission
	seq                         unwrapper
	before                      int64 // expected packets of earlier sources
}

// restart goes on with another source: its numbers have nothing to do with the old ones.
func (c *receiveCounters) restart() {
	if c.started {
		c.before += c.highest - c.first + 1
	}
	c.started, c.seq = false, unwrapper{}
}

func (c *receiveCounters) add(p *packet, n int) {
	c.packets++
	c.bytes += uint64(len(p.payload))
	c.headerBytes += uint64(n - len(p.payload))
	c.lastArrival = p.arrived
	if !c.started {
		c.started, c.first, c.highest = true, p.sequence, p.sequence
	}
	c.first, c.highest = min(c.first, p.sequence), max(c.highest, p.sequence)
	if c.clock == 0 {
		return
	}
	arrival := int64(p.arrived.Microseconds()) * int64(c.clock) / 1e6
	transit := int64(int32(uint32(arrival) - p.timestamp))
	if c.packets > 1 {
		d := int64(int32(transit - c.transit))
		if d < 0 {
			d = -d
		}
		if d < int64(c.clock)*5 { // a jump of the peer's timestamps is no jitter
			c.jitter += (float64(d) - c.jitter) / 16
		}
	}
	c.transit = transit
}

// lost packets: expected minus received, as in receiver reports; negative with duplicates.
func (c *receiveCounters) lost() int64 {
	expected := c.before
	if c.started {
		expected += c.highest - c.first + 1
	}
	return expected - int64(c.packets)
}

func (c *receiveCounters) jitterSeconds() float64 {
	if c.clock == 0 {
		return 0
	}
	return c.jitter / float64(c.clock)
}
