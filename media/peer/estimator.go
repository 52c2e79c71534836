package peer

import (
	"sync"
	"time"

	"github.com/pion/interceptor"

	"parley/media/peer/incoming"
	"parley/media/video"
)

// Bounds of the estimate, bit/s. The upper one is above the sum of what we ever send (4K camera, presentation, sound).
const (
	initialBitrate = 1_000_000
	minBitrate     = 50_000
	maxBitrate     = 6_000_000
)

// feedbackGone is after how long without transport-wide feedback a peer that goes on reporting counts as one that sends none.
const feedbackGone = 10 * time.Second

// rembValid is how long a bitrate that the peer told counts.
const rembValid = 10 * time.Second

// estimator says how much may be sent: Google congestion control where the peer reports arrival times, by the same
// arithmetic with which we judge what comes to us; the loss in its receiver reports and its REMB cap it. It is the
// interceptor next to the wire: it hands packets to the pacer and reads feedback. Nothing is allocated for a packet.
type estimator struct {
	interceptor.NoOp
	pacer   *pacer
	history history

	mu        sync.Mutex
	delay     *incoming.Estimator
	reference sendClock // of the feedback's reference time
	feedback  bool      // arrival times have been reported
	heardAt   time.Duration
	remb      float64
	rembAt    time.Duration
	loss      lossLimit
	overrun   overrun
	overrunAt time.Duration // when it was answered last; 0: never
	governor  governor
}

func newEstimator() *estimator {
	e := &estimator{delay: incoming.New(), loss: newLossLimit(), reference: sendClock{bits: 24}}
	e.pacer = newPacer(initialBitrate, e.history.add)
	return e
}

// NewInterceptor makes it a factory of itself: it serves one connection.
func (e *estimator) NewInterceptor(string) (interceptor.Interceptor, error) { return e, nil }

// BindLocalStream registers a sender's source with the pacer, its retransmission source included.
func (e *estimator) BindLocalStream(info *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	ids := pacedExtensions{transportCC: extensionID(info, transportCC), absSendTime: extensionID(info, absSendTime)}
	e.pacer.describe(info.SSRC, info.SSRCRetransmission, ids, isSound(info))
	if isSound(info) && wantsNACK(info) {
		e.pacer.keep(info.SSRC)
	}
	e.pacer.AddStream(info.SSRC, writer)
	if info.SSRCRetransmission != 0 {
		e.pacer.alias(info.SSRCRetransmission, info.SSRC)
	}
	return interceptor.RTPWriterFunc(e.pacer.Write)
}

// BindRTCPReader reads feedback as it passes. What makes no sense is skipped.
func (e *estimator) BindRTCPReader(reader interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, a, err := reader.Read(b, a)
		if err == nil {
			e.readFeedback(b[:n])
		}
		return n, a, err
	})
}

// Close as interceptor.Interceptor.
func (e *estimator) Close() error { return e.pacer.Close() }

// readFeedback takes a compound RTCP packet.
func (e *estimator) readFeedback(b []byte) {
	for len(b) >= 4 {
		size := 4 + 4*(int(b[2])<<8|int(b[3]))
		if b[0]>>6 != 2 || size > len(b) {
			return
		}
		packet := b[:size]
		b = b[size:]
		switch format := packet[0] & 0x1f; {
		case packet[1] == rtcpTransport && format == formatTransportCC:
			e.onArrivals(packet)
		case packet[1] == rtcpPayload && format == formatREMB:
			if rate, ok := readREMB(packet); ok {
				e.mu.Lock()
				e.remb, e.rembAt = rate, video.Now()
				e.mu.Unlock()
			}
		}
	}
}

// onArrivals takes transport-wide feedback.
func (e *estimator) onArrivals(b []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	reference, ok := transportReference(b)
	if !ok {
		return
	}
	base := time.Duration(e.reference.at(reference)) * transportReferenceUnit
	var count arrivalCount
	valid := eachPacket(b, func(number uint16, arrived bool, after time.Duration) {
		if !arrived {
			if e.history.missing(number) {
				count.lost++
			}
			return
		}
		if sent, size, ok := e.history.take(number); ok {
			count.arrives(base+after, size)
			e.delay.Add(base+after, sent, incoming.AbsoluteClock, true, size)
		}
	})
	now := video.Now()
	if valid {
		e.feedback, e.heardAt = true, now
	}
	e.overrun.add(now, count)
	if carried, is := e.overrun.seen(now, e.delay.Queue()); is {
		e.delay.Overrun(carried)
		e.overrunAt = max(now, 1)
	}
}

// onLoss takes the loss of a video receiver report, 0 to 1, of so many packets.
func (e *estimator) onLoss(fraction float64, packets int) {
	sent := e.pacer.throughput()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.overrunAt != 0 && video.Now()-e.overrunAt < overrunTold {
		return // It is about what has been answered.
	}
	if e.feedback && video.Now()-e.heardAt > feedbackGone {
		e.feedback, e.loss.guided = false, false // it tells by reports only now
	}
	arrived := sent * (1 - fraction)
	if e.feedback {
		arrived, e.loss.guided = e.delay.Through(), true
	}
	e.loss.update(video.Now(), fraction, packets, sent, arrived)
}

// target is the bitrate that may be sent now, bit/s.
func (e *estimator) target() float64 {
	sent := e.pacer.throughput()
	e.mu.Lock()
	defer e.mu.Unlock()
	rate, congested := e.loss.rate, false
	if e.feedback {
		e.delay.Offered(sent)
		byDelay, _ := e.delay.Rate()
		rate, congested = min(rate, byDelay), e.delay.Congested()
	}
	if e.remb > 0 && video.Now()-e.rembAt < rembValid {
		rate = min(rate, e.remb)
	}
	rate = e.governor.update(min(rate, maxBitrate), sent)
	allowed := rate
	if e.silent() {
		allowed *= overrunSilentShare
	}
	e.pacer.setTarget(int(allowed), congested)
	return rate
}

// silent tells whether the peer tells nothing, as when both ways are full: few repairs are sent and, where a bottleneck is known,
// few pictures, until it does. The estimate stays, for a way that was gone comes back as it was. Under mu.
func (e *estimator) silent() bool { return e.feedback && video.Now()-e.heardAt > overrunSilent }

// repairs is what the limit on repairs is a share of, bit/s.
func (e *estimator) repairs() float64 {
	rate, sent := e.target(), e.pacer.throughput()
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.silent():
		return overrunSilentShare * rate
	case e.loss.trying:
		// The rate is lowered to see what it is good for; what has been sent before is asked for meanwhile.
		return max(rate, min(e.loss.before, sent))
	}
	return rate
}
