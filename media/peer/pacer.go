package peer

import (
	"io"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"

	"parley/media/peer/incoming"
	"parley/media/video"
)

// Pacing constants.
const (
	pacingFactor    = 2.5                    // how much faster than the target a burst leaves (a key frame must not take seconds)
	pacingStep      = 5 * time.Millisecond   // how often the queue is served
	pacingMaxDelay  = 100 * time.Millisecond // a queue longer than this leaves faster: delay is the enemy
	pacingGently    = 1.5                    // likewise before a bottleneck
	pacingLongDelay = 300 * time.Millisecond
	pacingFull      = 250 * time.Millisecond // of queue: no picture is added
	pacerCapacity   = 1024                   // packets; a full queue is sent at once
)

// pacer spreads video packets over time and numbers all packets for transport-wide congestion control at the moment they
// leave, so that numbers follow the order on the wire. Sound and repairs are never held back. The estimator owns it.
//
// Packets are copied into buffers that are used again; nothing is allocated once the queue has reached its usual length.
type pacer struct {
	mu        sync.Mutex
	streams   map[uint32]*pacedStream
	queue     []*pacedPacket // ring
	head, n   int
	bytes     int           // in the queue
	since     time.Duration // sum of the moments at which those in the queue were queued, counted from origin
	origin    time.Duration
	free      []*pacedPacket
	rate      int  // bit/s, the estimator's target
	congested bool // a bottleneck is near the rate
	debt      debt // of repairs that were not queued; the queue waits for them
	closed    bool
	wake      chan struct{}
	done      chan struct{}
	exited    chan struct{}

	sendMu sync.Mutex // one packet at a time goes out; guards what follows
	number uint16     // transport-wide sequence number
	passed incoming.Throughput
	sent   func(number uint16, at time.Duration, size int)
}

// pacedStream is a synchronisation source that may send.
type pacedStream struct {
	writer     interceptor.RTPWriter
	extensions pacedExtensions
	immediate  bool
	repairs    bool         // sent at once too: a picture waits for them, and how many there are is limited elsewhere
	kept       *keptPackets // of sound that may be asked for again
	retransmitted
}

// keptPackets are the last packets of a sound as they left, a second and more.
type keptPackets [64]*pacedPacket

// mostRepeats is how often a packet of sound is sent again.
const mostRepeats = 4

// pacedExtensions are the ids of the header extensions that are written when a packet leaves; 0 is none.
type pacedExtensions struct{ transportCC, absSendTime uint8 }

// retransmitted counts what a retransmission source sent, and how long a source's packets waited.
type retransmitted struct {
	packets, bytes uint64
	waited         time.Duration
	again          struct{ packets, bytes uint64 } // of them sent once more as they were
}

type pacedPacket struct {
	header     rtp.Header
	extensions [4]rtp.Extension
	payload    []byte
	twcc       [2]byte
	sent       [3]byte
	stream     *pacedStream
	queued     time.Duration // media clock
	attributes interceptor.Attributes
	repeats    int // how often it was sent again
}

// newPacer tells sent of each packet that gets a transport-wide number, as it leaves; sent may be nil.
func newPacer(rate int, sent func(number uint16, at time.Duration, size int)) *pacer {
	p := &pacer{
		streams: map[uint32]*pacedStream{}, queue: make([]*pacedPacket, pacerCapacity), rate: rate, sent: sent, origin: video.Now(),
		wake: make(chan struct{}, 1), done: make(chan struct{}), exited: make(chan struct{}),
	}
	go p.run()
	return p
}

// describe registers a source before AddStream: its extensions, whether it is sent at once, its retransmission source.
func (p *pacer) describe(ssrc, rtx uint32, extensions pacedExtensions, immediate bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streams[ssrc] = &pacedStream{extensions: extensions, immediate: immediate}
	if rtx != 0 {
		p.streams[rtx] = &pacedStream{extensions: extensions, repairs: true}
	}
}

// AddStream sets the writer of a source that describe registered.
func (p *pacer) AddStream(ssrc uint32, writer interceptor.RTPWriter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.streams[ssrc]; s != nil {
		s.writer = writer
	}
}

// alias lets a retransmission source use the writer of its main source.
func (p *pacer) alias(rtx, ssrc uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, main := p.streams[rtx], p.streams[ssrc]; s != nil && main != nil {
		s.writer = main.writer
	}
}

// setTarget takes the bitrate that may be sent, bit/s, and whether a bottleneck is known to be near it.
func (p *pacer) setTarget(rate int, congested bool) {
	p.mu.Lock()
	p.rate, p.congested = rate, congested
	p.mu.Unlock()
}

// full tells whether another picture would wait too long.
func (p *pacer) full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return tooFull(p.bytes, float64(p.rate))
}

// Write queues or sends a packet; header and payload are the caller's again when it returns.
func (p *pacer) Write(header *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
	size := header.MarshalSize() + len(payload)
	p.mu.Lock()
	s := p.streams[header.SSRC]
	if p.closed || s == nil || s.writer == nil {
		p.mu.Unlock()
		return 0, io.ErrClosedPipe
	}
	packet := p.take()
	packet.header = *header
	packet.header.Extensions = append(packet.extensions[:0], header.Extensions...)
	packet.payload = append(packet.payload[:0], payload...)
	packet.stream, packet.queued, packet.repeats = s, video.Now(), 0
	if s.repairs {
		p.debt.add(packet.queued, size, p.pace())
	}
	if s.immediate || s.repairs || p.n == len(p.queue) {
		p.mu.Unlock()
		err := p.send(packet)
		p.give(p.retain(packet))
		return size, err
	}
	p.queue[(p.head+p.n)%len(p.queue)] = packet
	p.n++
	p.bytes += size
	p.since += packet.queued - p.origin
	first := p.n == 1
	p.mu.Unlock()
	if first {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
	return size, nil
}

// take and give recycle packets; take is called under mu.
func (p *pacer) take() *pacedPacket {
	if n := len(p.free); n > 0 {
		packet := p.free[n-1]
		p.free = p.free[:n-1]
		return packet
	}
	return &pacedPacket{attributes: interceptor.Attributes{}}
}

func (p *pacer) give(packet *pacedPacket) {
	if packet == nil {
		return
	}
	packet.stream = nil
	p.mu.Lock()
	if len(p.free) < 256 {
		p.free = append(p.free, packet)
	}
	p.mu.Unlock()
}

// keep lets repeat find the last packets of a source that describe registered.
func (p *pacer) keep(ssrc uint32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.streams[ssrc]; s != nil {
		s.kept = new(keptPackets)
	}
}

// retain keeps a packet that was sent, if its source's are kept, and returns the one that is not needed any more, if any.
func (p *pacer) retain(packet *pacedPacket) *pacedPacket {
	kept := packet.stream.kept
	if kept == nil {
		return packet
	}
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	slot := &kept[int(packet.header.SequenceNumber)%len(kept)]
	old := *slot
	*slot = packet
	return old
}

// repeat sends a kept packet of a source once more and tells whether it could. It leaves exactly as it did before, its
// transport-wide number too: SRTP encrypts both with the same counter, under which nothing may differ.
func (p *pacer) repeat(ssrc uint32, sequence uint16) bool {
	p.mu.Lock()
	s := p.streams[ssrc]
	p.mu.Unlock()
	if s == nil || s.kept == nil {
		return false
	}
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	packet := s.kept[int(sequence)%len(s.kept)]
	if packet == nil || packet.header.SequenceNumber != sequence || packet.repeats == mostRepeats {
		return false
	}
	packet.repeats++
	size := packet.header.MarshalSize() + len(packet.payload)
	p.passed.Add(video.Now(), size+overhead)
	s.again.packets++
	s.again.bytes += uint64(size)
	_, err := s.writer.Write(&packet.header, packet.payload, packet.attributes)
	return err == nil
}

// send numbers the packet and hands it on.
func (p *pacer) send(packet *pacedPacket) error {
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	s := packet.stream
	if err := p.stamp(packet, s.extensions); err != nil {
		return err
	}
	size := packet.header.MarshalSize() + len(packet.payload)
	now := video.Now()
	p.passed.Add(now, size+overhead)
	if s.extensions.transportCC != 0 && p.sent != nil {
		p.sent(p.number, now, size+overhead)
	}
	s.packets++
	s.bytes += uint64(size)
	s.waited += now - packet.queued
	_, err := s.writer.Write(&packet.header, packet.payload, packet.attributes)
	return err
}

// stamp writes the extensions that tell order and time of leaving. Under sendMu.
func (p *pacer) stamp(packet *pacedPacket, ids pacedExtensions) error {
	if ids.transportCC != 0 {
		p.number++
		packet.twcc = [2]byte{byte(p.number >> 8), byte(p.number)}
		if err := packet.header.SetExtension(ids.transportCC, packet.twcc[:]); err != nil {
			return err
		}
	}
	if ids.absSendTime != 0 {
		packet.sent = absoluteSendTime(video.Now())
		return packet.header.SetExtension(ids.absSendTime, packet.sent[:])
	}
	return nil
}

// throughput is what was sent in the last second, bit/s.
func (p *pacer) throughput() float64 {
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	return p.passed.Rate(video.Now())
}

// total returns what a source has sent.
func (p *pacer) total(ssrc uint32) retransmitted {
	p.mu.Lock()
	s := p.streams[ssrc]
	p.mu.Unlock()
	if s == nil {
		return retransmitted{}
	}
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	return s.retransmitted
}

func (p *pacer) run() {
	defer close(p.exited)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-p.wake:
		}
		budget := 0.0
		for p.serve(&budget) {
			timer.Reset(pacingStep)
			select {
			case <-p.done:
				return
			case <-timer.C:
			}
		}
	}
}

// pacing is how fast the queue leaves, bit/s. Where a bottleneck is known to be near the estimate, what leaves faster only
// stands in its queue, and there sound cannot overtake. queued bytes have waited so long on average, and leave in what is
// left of the time they may wait.
func pacing(rate float64, queued int, waited time.Duration, congested bool) float64 {
	factor, longest := pacingFactor, pacingMaxDelay
	if congested {
		factor, longest = pacingGently, pacingLongDelay
	}
	return max(factor*rate, float64(queued)*8/max(longest-waited, pacingStep).Seconds())
}

// tooFull tells whether the queue is so long that the next picture had better not be encoded: it would be old when it leaves.
func tooFull(queued int, rate float64) bool {
	return float64(queued)*8 > rate*pacingFull.Seconds()
}

// serve sends one step's worth and tells whether packets are left. What a step overspends the next one lacks.
func (p *pacer) serve(budget *float64) bool {
	p.mu.Lock()
	now := video.Now()
	rate := pacing(float64(p.rate), p.bytes, p.waited(now), p.congested)
	*budget = min(*budget, 0) + rate/8*pacingStep.Seconds() - p.debt.take(now, p.pace())
	for p.n > 0 && *budget > 0 {
		packet := p.queue[p.head]
		p.queue[p.head] = nil
		p.head = (p.head + 1) % len(p.queue)
		p.n--
		size := packet.header.MarshalSize() + len(packet.payload)
		p.bytes -= size
		p.since -= packet.queued - p.origin
		*budget -= float64(size)
		p.mu.Unlock()
		_ = p.send(packet) // a closed transport: the connection's state tells
		p.give(packet)
		p.mu.Lock()
	}
	left := p.n > 0
	p.mu.Unlock()
	return left
}

// pace is how fast a queue that is not too long leaves, bit/s. Under mu.
func (p *pacer) pace() float64 { return pacing(float64(p.rate), 0, 0, p.congested) }

// waited is how long the packets of the queue have waited, on average. Under mu.
func (p *pacer) waited(now time.Duration) time.Duration {
	if p.n == 0 {
		return 0
	}
	return now - p.origin - p.since/time.Duration(p.n)
}

// Close ends the goroutine and forgets the queue.
func (p *pacer) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	close(p.done)
	<-p.exited
	return nil
}

// sendingFull tells whether so many packets wait to be sent that another picture would be late.
func (p *Conn) sendingFull() bool {
	p.mu.Lock()
	l := p.leg
	p.mu.Unlock()
	return l != nil && l.estimator.pacer.full()
}
