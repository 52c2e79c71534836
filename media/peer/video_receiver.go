package peer

import (
	"log/slog"
	"strings"
	"sync"
	"time"

	"parley/media/codec"
	"parley/media/video"
)

// pliInterval is the shortest time between two requests for a key frame.
const pliInterval = 300 * time.Millisecond

// videoReceiver is the receiving stage of a video m-line: packets in order, frames whole, decoded in a goroutine of its
// own, the newest picture to the remote track.
type videoReceiver struct {
	track *RemoteTrack
	log   *slog.Logger
	codec func(pt uint8) string // MIME subtype of a payload type, "" is unknown
	// feedback sends requests to the peer: a key frame, or packets again.
	requestKey  func()
	requestLost func(sequence []uint16)

	mu       sync.Mutex
	buffer   *reorder
	counters receiveCounters
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
}

// videoReceiverStats are totals since the start.
type videoReceiverStats struct {
	framesReceived, framesDecoded, framesDropped, keyFrames uint64
	decodeTime, bufferDelay                                 time.Duration
	emitted                                                 uint64
	width, height                                           int
	frameRate                                               rateMeter
	freezes                                                 freezeMeter
	pli, nack                                               uint64
}

func newVideoReceiver(track *RemoteTrack, log *slog.Logger) *videoReceiver {
	return &videoReceiver{track: track, log: log, buffer: newReorder(), counters: receiveCounters{clock: 90000},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), exited: make(chan struct{})}
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
	}
	p.sequence = v.counters.seq.unwrap(p.sequence)
	v.counters.add(p, n)
	if repaired {
		v.counters.recovered++
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

// holes tells whether packets are missing, so that the reader looks for retransmissions often.
func (v *videoReceiver) holes() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.buffer.missing) > 0
}

// tick is called every 20 ms: it repeats requests and gives up what waited too long.
func (v *videoReceiver) tick(now, rtt time.Duration) {
	v.mu.Lock()
	if rtt > 0 {
		v.buffer.rtt = rtt
	}
	ask := v.askLost(now)
	gaveUp := v.buffer.expire(now)
	if gaveUp {
		v.wantKey = true
	}
	key := v.dueKey(now)
	v.mu.Unlock()
	if len(ask) > 0 {
		v.requestLost(ask)
	}
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

func (v *videoReceiver) run() {
	defer close(v.exited)
	defer v.closeDecoder()
	for {
		select {
		case <-v.stop:
			return
		case <-v.wake:
		}
		for v.next() {
		}
	}
}

func (v *videoReceiver) closeDecoder() {
	if v.decoder != nil {
		_ = v.decoder.Close()
		v.decoder = nil
	}
}

// next decodes one frame; false when none is complete.
func (v *videoReceiver) next() bool {
	select {
	case <-v.stop:
		return false
	default:
	}
	v.mu.Lock()
	first, last, ok := v.buffer.frame()
	if !ok {
		v.mu.Unlock()
		return false
	}
	v.stats.framesReceived++
	arrived := v.buffer.at(first).arrived
	name, err := v.assemble(first, last)
	v.buffer.drop(last + 1)
	broken := v.buffer.broken
	v.mu.Unlock()
	if name == "" {
		return true // an unknown payload type
	}
	key := err == nil && codec.IsKeyFrame(name, v.data)
	if err != nil || broken && !key {
		v.lose()
		return true
	}
	v.decode(name, key, arrived)
	return true
}

// assemble puts the payloads of the packets together in data. Under mu.
func (v *videoReceiver) assemble(first, last int64) (name string, err error) {
	name = v.codec(v.buffer.at(first).pt)
	if name == "" {
		return "", nil
	}
	if name != v.name || v.parts == nil {
		v.closeDecoder()
		v.name, v.parts = name, newDepacketizer(name)
		v.buffer.broken = true
		v.track.codec.Store(strings.ToUpper(name))
	}
	v.data = v.data[:0]
	v.parts.reset()
	for n := first; n <= last; n++ {
		p := v.buffer.at(n)
		if len(p.payload) == 0 {
			continue
		}
		if v.data, err = v.parts.append(v.data, p.payload); err != nil {
			return name, err
		}
	}
	return name, nil
}

// lose counts a frame that cannot be shown and asks for a key frame.
func (v *videoReceiver) lose() {
	v.mu.Lock()
	v.stats.framesDropped++
	v.buffer.broken = true
	v.wantKey = true
	ask := v.dueKey(video.Now())
	v.mu.Unlock()
	if ask {
		v.requestKey()
	}
}

func (v *videoReceiver) decode(name string, key bool, arrived time.Duration) {
	if v.decoder == nil && !v.open(name) {
		v.lose()
		return
	}
	began := video.Now()
	frame, err := v.decoder.Decode(v.data)
	now := video.Now()
	if err != nil {
		v.log.Debug("a video frame does not decode", "codec", name, "bytes", len(v.data), "error", err)
		v.lose()
		return
	}
	v.mu.Lock()
	s := &v.stats
	s.decodeTime += now - began
	if key {
		s.keyFrames++
		v.buffer.broken, v.wantKey = false, false
	}
	if frame != nil {
		s.framesDecoded++
		s.bufferDelay += began - arrived
		s.emitted++
		s.width, s.height = frame.Width, frame.Height
		s.frameRate.add(time.Now())
		s.freezes.add(now)
	}
	v.mu.Unlock()
	if frame != nil {
		frame.Captured = now
		v.track.frames.Put(frame)
		frame.Release()
	}
}

func (v *videoReceiver) open(name string) bool {
	if time.Since(v.failedAt) < time.Second {
		return false
	}
	adapter, err := codec.Video(name)
	if err == nil && adapter.NewDecoder == nil {
		err = codec.ErrUnsupported
	}
	if err == nil {
		v.decoder, err = adapter.NewDecoder()
	}
	if err != nil {
		v.decoder, v.failedAt = nil, time.Now()
		v.log.Warn("video cannot be decoded", "codec", name, "error", err)
		return false
	}
	return true
}

// freezeMeter counts freezes: a picture that stays longer than three times the mean, or the mean and 150 ms, whichever is
// longer (W3C webrtc-stats, freezeCount).
type freezeMeter struct {
	last      time.Duration
	intervals [30]time.Duration // ring
	n         int
	count     uint64
	total     time.Duration
}

func (f *freezeMeter) add(now time.Duration) {
	if f.last == 0 {
		f.last = now
		return
	}
	interval := now - f.last
	f.last = now
	if known := min(f.n, len(f.intervals)); known > 0 {
		sum := time.Duration(0)
		for _, i := range f.intervals[:known] {
			sum += i
		}
		mean := sum / time.Duration(known)
		if interval > max(3*mean, mean+150*time.Millisecond) {
			f.count++
			f.total += interval
		}
	}
	f.intervals[f.n%len(f.intervals)] = interval
	f.n++
}
