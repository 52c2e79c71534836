package peer

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/sdp/v3"
)

// Header extensions (RFC 8285) that we know, by URI.
const (
	// transportCC numbers the packets of a transport, for congestion control by the sender.
	transportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	// absSendTime tells when a packet left, for congestion control by the receiver.
	absSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
)

var headerExtensions = [...]string{transportCC, absSendTime}

// extensionIDs are the numbers an m-line gives to headerExtensions, in their order; 0 is none.
type extensionIDs [len(headerExtensions)]int

func readExtensions(m *sdp.MediaDescription) (ids extensionIDs) {
	for _, a := range m.Attributes {
		fields := strings.Fields(a.Value)
		if a.Key != "extmap" || len(fields) < 2 {
			continue
		}
		id, _, _ := strings.Cut(fields[0], "/")
		n, err := strconv.Atoi(id)
		for i, uri := range headerExtensions {
			if fields[1] == uri && err == nil && n >= 1 && n <= 14 {
				ids[i] = n
			}
		}
	}
	return ids
}

// extensionID finds the number of an extension in a stream of pion's; 0 is none.
func extensionID(info *interceptor.StreamInfo, uri string) uint8 {
	for _, x := range info.RTPHeaderExtensions {
		if x.URI == uri && x.ID > 0 && x.ID < 15 {
			return uint8(x.ID)
		}
	}
	return 0
}

// findExtension reads an extension out of a packet without allocating (RFC 8285, one-byte and two-byte headers); nil when
// it is not there, or the packet makes no sense.
func findExtension(b []byte, id uint8) []byte {
	if id == 0 || len(b) < 12 || b[0]&0x10 == 0 {
		return nil
	}
	head := 12 + 4*int(b[0]&0x0f)
	if len(b) < head+4 {
		return nil
	}
	profile, length := binary.BigEndian.Uint16(b[head:]), 4*int(binary.BigEndian.Uint16(b[head+2:]))
	b = b[head+4:]
	if length > len(b) {
		return nil
	}
	b = b[:length]
	switch {
	case profile == 0xbede:
		return findOneByte(b, id)
	case profile&0xfff0 == 0x1000:
		return findTwoByte(b, id)
	}
	return nil
}

func findOneByte(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		n := 1 + int(b[0]&0x0f)
		if b[0]>>4 == 15 || len(b) < 1+n {
			return nil
		}
		if b[0]>>4 == id {
			return b[1 : 1+n]
		}
		b = b[1+n:]
	}
	return nil
}

func findTwoByte(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil
		}
		if b[0] == id {
			return b[2 : 2+int(b[1])]
		}
		b = b[2+int(b[1]):]
	}
	return nil
}

// The send time of absSendTime: seconds in 24 bits, 18 of them behind the point; it begins anew after 64 s.
const (
	sendTimeFraction = 18
	sendTimeBits     = 24
)

// absoluteSendTime writes a moment of the media clock as an extension's payload.
func absoluteSendTime(at time.Duration) (b [3]byte) {
	v := uint32(uint64(at.Microseconds()) << sendTimeFraction / 1e6)
	return [3]byte{byte(v >> 16), byte(v >> 8), byte(v)}
}

// sendClock turns send times that begin anew again and again into ones that go on.
type sendClock struct {
	bits    uint // of the counter
	last    int64
	started bool
}

// at returns a counter's value in ticks since the first one.
func (c *sendClock) at(value uint32) int64 {
	if !c.started {
		c.started, c.last = true, int64(value)
		return c.last
	}
	shift := 32 - c.bits
	c.last += int64(int32((value-uint32(c.last))<<shift) >> shift)
	return c.last
}
