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
	ready  func() bool    // the transport is connected and the peer wants to receive

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
	pool       video.Pool
	data       []byte
	adapt      adaptation
	adaptAt    time.Time
	load       float64
	due        time.Time // when the next frame may be sent under a frame rate limit
	failedAt   time.Time
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
	limitation                                          string
	pli, fir, nack                                      uint64
}

func newVideoSender(out *outbound, log *slog.Logger) *videoSender {
	v := &videoSender{out: out, log: log,
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
		v.forget()
		v.askKey()
		return
	}
	if f == nil || !v.ready() {
		v.askKey()
		return
	}
	now := time.Now()
	if track != v.lastSource {
		v.lastSource, asked = track, true
	}
	if v.encoder != nil && (v.using.name != f.name || v.using.mode != f.mode) {
		v.closeEncoder()
	}
	frameRate := v.limitRate(track, encoding)
	if !asked && !v.isDue(now, frameRate) {
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

// limitRate is the frame rate to send: the source's, limited by the encoding and the adaptation.
func (v *videoSender) limitRate(track rtc.LocalTrack, encoding rtc.Encoding) float64 {
	rate := track.Settings().FrameRate
	if rate <= 0 || rate > 120 {
		rate = 30
	}
	v.frameRate = rate
	if encoding.MaxFrameRate > 0 {
		rate = min(rate, encoding.MaxFrameRate)
	}
	if limit := rateSteps[v.adapt.rate]; limit > 0 {
		rate = min(rate, limit)
	}
	return rate
}

// isDue thins frames out evenly to a rate.
func (v *videoSender) isDue(now time.Time, rate float64) bool {
	if rate >= v.frameRate*0.95 {
		v.due = time.Time{}
		return true
	}
	interval := time.Duration(float64(time.Second) / rate)
	if now.Before(v.due.Add(-interval / 8)) {
		return false
	}
	if v.due = v.due.Add(interval); now.After(v.due) {
		v.due = now.Add(interval)
	}
	return true
}

func (v *videoSender) size(frame *video.Frame, encoding rtc.Encoding) (w, h int) {
	return scaled(frame.Width, frame.Height, v.limitW, v.limitH, encoding.ScaleDown, sizeSteps[v.adapt.size])
}

// decide sets bitrate and, twice a second, the step of the adaptation.
func (v *videoSender) decide(now time.Time, frame *video.Frame, encoding rtc.Encoding, f format, frameRate float64) {
	allowed := v.budget()
	if encoding.MaxBitrate > 0 {
		allowed = min(allowed, float64(encoding.MaxBitrate))
	}
	detail := encoding.ContentHint == "detail" || v.screen && encoding.ContentHint == ""
	if now.Sub(v.adaptAt) >= 500*time.Millisecond {
		v.adaptAt = now
		fullW, _ := scaled(frame.Width, frame.Height, v.limitW, v.limitH, encoding.ScaleDown, 1)
		c := conditions{
			target: allowed, width: fullW, frameRate: v.frameRate, codec: f.name, load: v.load, fixedRate: v.fixed,
			keepSize: detail, balanced: encoding.DegradationPreference == "balanced",
		}
		switch encoding.DegradationPreference {
		case "maintain-resolution":
			c.keepSize = true
		case "maintain-framerate":
			c.keepSize = false
		}
		// A limit the application set (paused camera) is no shortage: the picture is meant to be that poor.
		if encoding.MaxBitrate > 0 && v.budget() >= float64(encoding.MaxBitrate) {
			c.target = max(c.target, c.need(0, 0))
		}
		v.adapt.update(now, c)
	}
	w, _ := v.size(frame, encoding)
	most := tableBitrate(w, f.name)
	if v.fixed > 0 {
		most = v.fixed
	}
	bitrate := int(min(allowed, most))
	v.mu.Lock()
	v.stats.target = float64(bitrate)
	v.stats.limitation = v.adapt.reason
	if v.stats.limitation == "" {
		v.stats.limitation = "none"
	}
	v.mu.Unlock()
	if v.encoder == nil {
		v.rate = bitrate
		return
	}
	if diff := bitrate - v.rate; diff > v.rate/20 || -diff > v.rate/20 {
		if err := v.encoder.SetRate(bitrate, frameRate); err != nil {
			v.log.Debug("encoder refuses a bitrate", "bitrate", bitrate, "error", err)
		}
		v.rate = bitrate
	}
}

func (v *videoSender) open(f format, w, h int, detail bool) error {
	adapter, err := codec.Video(f.name)
	if err != nil {
		return err
	}
	if adapter.NewEncoder == nil {
		return codec.ErrUnsupported
	}
	config := codec.VideoConfig{Width: w, Height: h, FrameRate: v.frameRate, Bitrate: v.rate, Screen: detail}
	if f.name == "H264" && f.mode == 0 {
		config.MaxPayload = mtu
	}
	if v.encoder, err = adapter.NewEncoder(config); err != nil {
		v.encoder = nil
		return err
	}
	v.using, v.packets = f, newPacketizer(f)
	return nil
}

func (v *videoSender) encode(picture *video.Frame, f format, captured time.Duration, asked bool, now time.Time) {
	if v.encoder == nil {
		if now.Sub(v.failedAt) < time.Second {
			return
		}
		if err := v.open(f, picture.Width, picture.Height, v.screen); err != nil {
			v.fail("opening the encoder", err)
			return
		}
		asked = true
	}
	force := asked && now.Sub(v.lastKey) >= keyFrameInterval
	data, key, err := v.encoder.Encode(v.data[:0], picture, force)
	if err != nil {
		v.fail("encoding", err)
		v.closeEncoder()
		return
	}
	v.data = data[:0]
	spent := time.Since(now)
	v.load += (spent.Seconds()*min(v.frameRate, 60) - v.load) / 16
	if len(data) == 0 {
		v.drop()
		return
	}
	v.emitPT, v.emitTime, v.sentOK = f.pt, v.out.timestamp(captured, f.clock), true
	v.packets.packetize(data, key, v.emit)
	if key {
		v.lastKey = now
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if key {
		v.keyAsked = false
	}
	s := &v.stats
	s.framesEncoded++
	s.encodeTime += spent
	s.width, s.height = picture.Width, picture.Height
	s.frameRate.add(now)
	if key {
		s.keyFrames++
	}
	if v.sentOK {
		s.framesSent++
	}
}

func (v *videoSender) fail(doing string, err error) {
	if time.Since(v.failedAt) > 10*time.Second {
		v.log.Warn("video is not sent", "while", doing, "error", err)
	}
	v.failedAt = time.Now()
	v.drop()
}

// rateMeter counts events of the last second.
type rateMeter struct {
	times [128]int64 // ms; ring
	n     int
}

func (r *rateMeter) add(now time.Time) {
	r.times[r.n%len(r.times)] = now.UnixMilli()
	r.n++
}

func (r *rateMeter) perSecond(now time.Time) float64 {
	count, since := 0, now.UnixMilli()-1000
	for i := range min(r.n, len(r.times)) {
		if r.times[i] > since {
			count++
		}
	}
	return float64(count)
}
