package peer

import (
	"log/slog"
	"sync"
	"time"

	"parley/media/codec"
	"parley/media/playout"
	"parley/media/video"
)

// pliInterval is the shortest time between two requests for a key frame.
const pliInterval = 300 * time.Millisecond

// videoClock is the rate of timestamps of all video formats, Hz.
const videoClock = 90000

// videoReceiver is the receiving stage of a video m-line: packets in order, frames whole, decoded in a goroutine of its
// own shortly before they are due, and shown when they are.
type videoReceiver struct {
	track *RemoteTrack
	log   *slog.Logger
	codec func(pt uint8) string // MIME subtype of a payload type, "" is unknown
	// feedback sends requests to the peer: a key frame, or packets again.
	requestKey  func()
	requestLost func(sequence []uint16)
	// newDecoder opens the decoder of a codec and names its library.
	newDecoder func(codec string) (d codec.VideoDecoder, implementation string, err error)

	mu       sync.Mutex
	buffer   *reorder
	counters receiveCounters
	schedule *playout.Video
	shownTS  uint32        // of the frame shown last
	shownAt  time.Duration // 0: none yet
	ssrc     uint32
	stats    videoReceiverStats
	pliAt    time.Duration
	wantKey  bool
	closed   bool

	wake   chan struct{}
	stop   chan struct{}
	exited chan struct{}

	// Below: the decoding goroutine's own.
	decoder  codec.VideoDecoder
	name     string
	parts    depacketizer
	data     []byte
	failedAt time.Time
	unopened unopened
	head     scheduled    // the next frame, when it is complete
	held     *video.Frame // decoded, not yet due; nil: none
	heldAt   scheduled
	lead     time.Duration // what decoding a frame takes
}

// scheduled is a frame with its time.
type scheduled struct {
	known       bool
	first, last int64         // packets
	timestamp   uint32        // RTP
	due         time.Duration // to be shown, media clock
	arrived     time.Duration // first packet
	complete    time.Duration // last packet
}

// videoReceiverStats are totals since the start.
type videoReceiverStats struct {
	framesReceived, framesDecoded, framesDropped, keyFrames uint64
	framesRendered, late                                    uint64
	decodeTime, bufferDelay, bufferTarget, processing       time.Duration
	emitted, assembled, pauses                              uint64
	implementation                                          string
	bufferMinimum, assembly, paused                         time.Duration
	interFrame, interFrameSquared                           float64 // s, s²
	width, height                                           int
	frameRate                                               rateMeter
	freezes                                                 freezeMeter
	pli, nack                                               uint64
	qp                                                      qpSum
}

func newVideoReceiver(track *RemoteTrack, log *slog.Logger) *videoReceiver {
	return &videoReceiver{track: track, log: log, newDecoder: openDecoder, buffer: newReorder(), counters: receiveCounters{clock: videoClock},
		schedule: playout.NewVideo(videoClock),
		wake:     make(chan struct{}, 1), stop: make(chan struct{}), exited: make(chan struct{})}
}

// push takes a packet of n bytes, which is the receiver's then.
func (v *videoReceiver) push(p *packet, n int, ssrc uint32, repaired bool) {
	v.mu.Lock()
	if v.closed {
		v.mu.Unlock()
		p.free()
		return
	}
	if v.ssrc != ssrc {
		v.ssrc = ssrc
		v.counters.restart()
		v.buffer.close()
		v.buffer.started, v.buffer.broken = false, true
		v.schedule.Reset()
	}
	p.sequence = v.counters.seq.unwrap(p.sequence)
	v.counters.add(p, n)
	if p.repaired = repaired; repaired {
		v.counters.recovered++
		v.counters.recoveredBytes += uint64(len(p.payload))
	}
	v.track.lastPacket.Store(int64(p.arrived))
	var ask []uint16
	if v.buffer.insert(p) {
		ask = v.askLost(p.arrived)
	}
	v.mu.Unlock()
	if len(ask) > 0 {
		v.requestLost(ask)
	}
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// askLost returns a copy of what to ask for. Under mu.
func (v *videoReceiver) askLost(now time.Duration) []uint16 {
	list := v.buffer.requests(now)
	if len(list) == 0 {
		return nil
	}
	v.stats.nack++
	return append([]uint16(nil), list...)
}

// askAgain asks for what is missing and due, and returns when to look again; never: nothing is missing.
func (v *videoReceiver) askAgain() time.Duration {
	v.mu.Lock()
	now := video.Now()
	ask := v.askLost(now)
	at, ok := v.buffer.nextRequest()
	v.mu.Unlock()
	if len(ask) > 0 {
		v.requestLost(ask)
	}
	if !ok {
		return never
	}
	return max(at-now, time.Millisecond)
}

// setRepair tells whether the peer agreed to be asked for lost packets. One that did not is not waited for.
func (v *videoReceiver) setRepair(can bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.buffer.noRepair = !can
}

// tick is called every 20 ms: it gives up what waited too long.
func (v *videoReceiver) tick(now, rtt time.Duration) {
	v.mu.Lock()
	v.buffer.setRoundTrip(rtt)
	if rtt == 0 {
		rtt = v.buffer.answer.mean
	}
	v.schedule.SetRoundTrip(rtt)
	gaveUp := v.buffer.expire(now)
	if gaveUp {
		v.wantKey = true
	}
	key := v.dueKey(now)
	v.mu.Unlock()
	if key {
		v.requestKey()
	}
	if gaveUp {
		select {
		case v.wake <- struct{}{}:
		default:
		}
	}
}

// dueKey tells whether to ask for a key frame now. Under mu.
func (v *videoReceiver) dueKey(now time.Duration) bool {
	if !v.wantKey || now-v.pliAt < pliInterval || v.track.Muted() {
		return false
	}
	v.pliAt = now
	v.stats.pli++
	return true
}

// source is the stream's SSRC; 0 before the first packet.
func (v *videoReceiver) source() uint32 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ssrc
}

func (v *videoReceiver) close() {
	v.mu.Lock()
	v.closed = true
	v.mu.Unlock()
	close(v.stop)
	<-v.exited
	v.mu.Lock()
	v.buffer.close()
	v.mu.Unlock()
}
