package peer

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"parley/connector/rtc"
	"parley/media/codec"
	"parley/media/video"
)

// VideoSource is what a local video track must offer besides rtc.LocalTrack (device.VideoTrack does).
type VideoSource interface{ Frames() *video.Outlet }

// keyFrameInterval is the shortest time between two key frames that the peer asks for.
const keyFrameInterval = 300 * time.Millisecond

// videoSender is the sending stage of a video m-line. It takes the newest frame of its source, scales, encodes and sends
// it; frames that come while it works replace each other, so a slow encoder lowers the frame rate and adds no delay.
type videoSender struct {
	out    *outbound
	log    *slog.Logger
	screen bool // a presentation: sharp text before smooth motion
	fixed  float64
	limitW,
	limitH int
	budget func() float64 // bit/s that this line may use now
	// newEncoder opens the encoder of a format and names its library.
	newEncoder func(f format, c codec.VideoConfig) (e codec.VideoEncoder, implementation string, err error)
	// instead names the format to send when a codec's encoder does not open; nil: there is none.
	instead func(codec string) *format
	ready   func() bool // the transport is connected and the peer wants to receive
	full    func() bool // packets wait already: another frame would be late

	mu       sync.Mutex
	track    rtc.LocalTrack
	cancel   func()
	pending  *video.Frame // newest, not yet encoded
	encoding rtc.Encoding
	format   *format
	keyAsked bool
	stats    senderStats

	wake   chan struct{}
	stop   chan struct{}
	exited chan struct{}

	// Below: the goroutine's own.
	last       *video.Frame // encoded last, for a key frame while the source stands still
	lastAt     time.Time
	encoder    codec.VideoEncoder
	packets    packetizer
	using      format
	lastKey    time.Time
	rate       int
	frameRate  float64
	sendRate   float64 // frames a second that are sent
	pool       video.Pool
	data       []byte
	adapt      adaptation
	adaptAt    time.Time
	load       float64
	made       float64 // bytes a frame, over some seconds
	scarcity   scarcity
	coarse     int       // quantizer from which on the codec's pictures are mush; 0: not known
	share      float64   // of the bitrate that the encoder is told, so that it makes the bitrate
	due        time.Time // when the next frame may be sent under a frame rate limit
	failedAt   time.Time
	unopened   unopened
	failing    bool // no picture has been encoded since
	lastSource rtc.LocalTrack
	emitPT     uint8
	emitTime   uint32
	emit       func([]byte, bool)
	sentOK     bool
}

// senderStats are totals since the start.
type senderStats struct {
	framesEncoded, keyFrames, framesSent, framesDropped uint64
	encodeTime                                          time.Duration
	width, height                                       int
	frameRate                                           rateMeter
	target                                              float64
	limitation                                          limitation
	targetBytes, huge, sourceFrames                     uint64
	sourceWidth, sourceHeight                           int
	sourceRate                                          rateMeter
	implementation                                      string
	meanSize                                            float64 // bytes a frame
	qp                                                  qpSum
	pli, fir, nack                                      uint64
}

func newVideoSender(out *outbound, log *slog.Logger) *videoSender {
	v := &videoSender{out: out, log: log, newEncoder: openEncoder, instead: func(string) *format { return nil },
		wake: make(chan struct{}, 1), stop: make(chan struct{}), exited: make(chan struct{})}
	v.emit = func(payload []byte, last bool) {
		v.sentOK = v.out.write(payload, v.emitPT, v.emitTime, last) && v.sentOK
	}
	return v
}

// setTrack swaps the source; nil sends nothing.
func (v *videoSender) setTrack(track rtc.LocalTrack) error {
	source, ok := track.(VideoSource)
	if track != nil && !ok {
		return errors.New("this video track has no frames")
	}
	v.mu.Lock()
	cancel := v.cancel
	v.track, v.cancel = track, nil
	v.dropPending()
	v.mu.Unlock()
	if cancel != nil {
		cancel() // outside of our lock: it waits for a running tap, which takes it
	}
	if track == nil {
		v.signal()
		return nil
	}
	outlet := source.Frames()
	cancel = outlet.Tap(func(f *video.Frame) { v.offer(track, f) })
	v.mu.Lock()
	if v.track == track && v.cancel == nil {
		v.cancel, cancel = cancel, nil
	}
	v.mu.Unlock()
	if cancel != nil {
		cancel() // swapped again meanwhile
	}
	// A source that stands still (a screen) has shown its frame already.
	if f, _ := outlet.Newest(); f != nil {
		v.offer(track, f)
		f.Release()
	}
	return nil
}

// offer is the tap: it keeps the frame in place of the one before.
func (v *videoSender) offer(track rtc.LocalTrack, f *video.Frame) {
	v.mu.Lock()
	if v.track == track {
		if v.pending != nil {
			v.stats.framesDropped++
		}
		v.dropPending()
		v.pending = f.Retain()
		v.stats.sourceFrames++
		v.stats.sourceWidth, v.stats.sourceHeight = f.Width, f.Height
		v.stats.sourceRate.add(time.Now())
	}
	v.mu.Unlock()
	v.signal()
}

func (v *videoSender) dropPending() {
	if v.pending != nil {
		v.pending.Release()
		v.pending = nil
	}
}

func (v *videoSender) signal() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// setFormat sets the negotiated codec; nil stops sending.
func (v *videoSender) setFormat(f *format) {
	v.mu.Lock()
	v.format = f
	v.mu.Unlock()
	v.signal()
}

// requestKey asks for a key frame as soon as the rate limit allows.
func (v *videoSender) requestKey() {
	v.mu.Lock()
	v.keyAsked = true
	v.mu.Unlock()
	v.signal()
}

func (v *videoSender) count(fn func(*senderStats)) {
	v.mu.Lock()
	fn(&v.stats)
	v.mu.Unlock()
}

func (v *videoSender) close() {
	_ = v.setTrack(nil)
	close(v.stop)
	<-v.exited
}

func (v *videoSender) run() {
	defer close(v.exited)
	defer v.closeEncoder()
	defer v.forget()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-v.stop:
			return
		case <-v.wake:
		case <-timer.C:
		}
		v.mu.Lock()
		frame, track, asked := v.pending, v.track, v.keyAsked
		v.pending = nil
		v.mu.Unlock()
		switch {
		case track == nil:
			v.count(func(s *senderStats) { s.limitation.set("", time.Now()) })
			v.forget()
			v.closeEncoder()
		case frame != nil:
			v.forget()
			v.last, v.lastAt = frame, time.Now()
			v.process(frame, track, captureTime(frame))
		case asked && v.last != nil && v.ready():
			// A still source: the peer needs a picture all the same.
			if wait := 150*time.Millisecond - time.Since(v.lastAt); wait > 0 && !v.lastKey.IsZero() {
				timer.Reset(wait)
			} else {
				v.process(v.last, track, video.Now())
			}
		}
		v.mu.Lock()
		if v.keyAsked && v.last != nil {
			timer.Reset(keyFrameInterval)
		}
		v.mu.Unlock()
	}
}

func (v *videoSender) forget() {
	if v.last != nil {
		v.last.Release()
		v.last = nil
	}
}

func (v *videoSender) closeEncoder() {
	if v.encoder != nil {
		_ = v.encoder.Close()
		v.encoder = nil
	}
}

// process sends one frame, or finds a reason not to.
func (v *videoSender) process(frame *video.Frame, track rtc.LocalTrack, captured time.Duration) {
	v.mu.Lock()
	encoding, f, asked := v.encoding, v.format, v.keyAsked
	v.mu.Unlock()
	if !track.Enabled() {
		v.count(func(s *senderStats) { s.limitation.set("", time.Now()) })
		v.forget()
		v.askKey()
		return
	}
	if f == nil || !v.ready() {
		v.count(func(s *senderStats) { s.limitation.set("", time.Now()) })
		v.askKey()
		return
	}
	now := time.Now()
	if track != v.lastSource {
		v.lastSource, asked = track, true
		v.scarcity, v.adapt.starvedFor = scarcity{}, 0
		v.adapt.starvedUntil = time.Time{}
	}
	if v.encoder != nil && (v.using.name != f.name || v.using.mode != f.mode) {
		v.closeEncoder()
	}
	frameRate := v.limitRate(track, encoding)
	v.sendRate = frameRate
	if !asked && !v.isDue(now, frameRate) {
		v.drop()
		return
	}
	if v.full != nil && v.full() {
		v.made -= v.made * holdLearn
		v.drop()
		return
	}
	v.decide(now, frame, encoding, *f, frameRate)
	w, h := v.size(frame, encoding)
	picture := frame
	if w != frame.Width || h != frame.Height {
		picture = v.pool.Get(w, h)
		defer picture.Release()
		if err := video.Scale(picture, frame); err != nil {
			v.fail("scaling", err)
			return
		}
	}
	v.encode(picture, *f, captured, asked, now)
}

func (v *videoSender) askKey() {
	v.mu.Lock()
	v.keyAsked = true
	v.mu.Unlock()
}

func (v *videoSender) drop() {
	v.mu.Lock()
	v.stats.framesDropped++
	v.mu.Unlock()
}
