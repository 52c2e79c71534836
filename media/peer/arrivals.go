package peer

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/pion/interceptor"

	"parley/media/peer/incoming"
	"parley/media/video"
)

// arrivals watches all packets that come over a transport, retransmissions and probes too, and estimates what the way
// towards us carries; it also keeps what receiver reports and transport-wide feedback say. It is an interceptor of the leg,
// and allocates nothing for a packet.
type arrivals struct {
	interceptor.NoOp
	// repaired takes a retransmission at once and tells whether it was of use: pion keeps them until the stream's next
	// packet is read. nil: none is taken.
	repaired func(packet []byte) bool
	// feedback is where RTCP of ours goes.
	feedback interceptor.RTCPWriter

	mu        sync.Mutex
	estimator *incoming.Estimator
	absolute  sendClock // of all sources together
	clocks    map[uint32]*sendClock
	sources   map[uint32]*reception
	reporter  reporter
}

func newArrivals() *arrivals {
	return &arrivals{estimator: incoming.New(), absolute: sendClock{bits: sendTimeBits}, clocks: map[uint32]*sendClock{},
		sources: map[uint32]*reception{}, reporter: reporter{log: arrivalLog{feedback: feedback{sender: rand.Uint32()}}}}
}

// NewInterceptor makes it a factory of itself: it serves one connection.
func (a *arrivals) NewInterceptor(string) (interceptor.Interceptor, error) { return a, nil }

// BindRemoteStream as interceptor.Interceptor.
func (a *arrivals) BindRemoteStream(info *interceptor.StreamInfo, reader interceptor.RTPReader) interceptor.RTPReader {
	id, number := extensionID(info, absSendTime), extensionID(info, transportCC)
	kind, name, _ := strings.Cut(strings.ToLower(info.MimeType), "/")
	repair := name == "rtx"
	// A picture's timestamps tell about when it was sent; those of sound with its pauses and of repairs do not.
	paced := kind == "video" && !repair
	rate := info.ClockRate
	var source *reception
	if !repair {
		source = &reception{rate: rate}
		a.mu.Lock()
		a.sources[info.SSRC] = source
		a.mu.Unlock()
	}
	return interceptor.RTPReaderFunc(func(b []byte, at interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, at, err := reader.Read(b, at)
		if err == nil && n >= 12 {
			a.note(b[:n], number, source)
			a.add(b[:n], id, paced && rate > 0, rate)
			if repair && a.repaired != nil && a.repaired(b[:n]) {
				n = headerSize(b[:n]) // without a payload it is nothing to pion
			}
		}
		return n, at, err
	})
}

// BindRTCPWriter as interceptor.Interceptor. Nothing of ours is between it and the wire, and pion's own way here makes a map
// for each packet.
func (a *arrivals) BindRTCPWriter(writer interceptor.RTCPWriter) interceptor.RTCPWriter {
	a.feedback = writer
	return writer
}

// UnbindRemoteStream as interceptor.Interceptor.
func (a *arrivals) UnbindRemoteStream(info *interceptor.StreamInfo) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.clocks, info.SSRC)
	delete(a.sources, info.SSRC)
}

// note keeps what the peer is told about a packet. source is nil for a repair.
func (a *arrivals) note(b []byte, number uint8, source *reception) {
	now := video.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.record(binary.BigEndian.Uint32(b[8:]), findExtension(b, number), now)
	if source != nil {
		source.add(binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[4:]), now)
	}
}

// overhead is what a packet carries besides RTP: IPv4 and UDP headers, SRTP's tag.
const overhead = 20 + 8 + 10

// maxClocks bounds how many sources' clocks are kept.
const maxClocks = 32

func (a *arrivals) add(b []byte, id uint8, paced bool, rate uint32) {
	now := video.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if x := findExtension(b, id); len(x) == 3 {
		ticks := a.absolute.at(uint32(x[0])<<16 | uint32(x[1])<<8 | uint32(x[2]))
		a.estimator.Add(now, duration(ticks, 1<<sendTimeFraction), incoming.AbsoluteClock, true, len(b)+overhead)
		return
	}
	if !paced {
		a.estimator.Add(now, 0, 0, false, len(b)+overhead)
		return
	}
	ssrc := binary.BigEndian.Uint32(b[8:])
	clock := a.clocks[ssrc]
	if clock == nil {
		if len(a.clocks) >= maxClocks {
			clear(a.clocks)
		}
		clock = &sendClock{bits: 32}
		a.clocks[ssrc] = clock
	}
	ticks := clock.at(binary.BigEndian.Uint32(b[4:]))
	a.estimator.Add(now, duration(ticks, int64(rate)), ssrc, ssrc != incoming.AbsoluteClock, len(b)+overhead)
}

// duration of ticks at a rate; days of them fit.
func duration(ticks, rate int64) time.Duration {
	return time.Duration(ticks/rate)*time.Second + time.Duration(ticks%rate)*time.Second/time.Duration(rate)
}

// rate is the estimate, bit/s; false while nothing is known.
func (a *arrivals) rate() (float64, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.estimator.Rate()
}
