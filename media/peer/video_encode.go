package peer

import (
	"time"

	"parley/connector/rtc"
	"parley/media/codec"
	"parley/media/video"
)

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
	budget := v.budget()
	allowed := budget
	if encoding.MaxBitrate > 0 {
		allowed = min(allowed, float64(encoding.MaxBitrate))
	}
	if now.Sub(v.adaptAt) >= 500*time.Millisecond {
		v.adaptAt = now
		size := v.adapt.size
		if v.adapt.update(now, v.conditions(frame, encoding, f, budget, allowed)) {
			v.scarcity = scarcity{}
		}
		if v.adapt.size != size {
			v.count(func(s *senderStats) { s.limitation.changes++ })
			v.made, v.share = 0, 1
			// Another size begins with a key frame anyway; an encoder that made too much before would leave out pictures for
			// seconds to make up for it.
			v.closeEncoder()
		}
	}
	most := v.most(frame, encoding, f)
	bitrate := int(min(allowed, most))
	v.hold(float64(bitrate))
	v.mu.Lock()
	v.stats.target = float64(bitrate)
	v.stats.limitation.set(v.limitedBy(), now)
	v.mu.Unlock()
	bitrate = int(float64(bitrate) * v.share)
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

// conditions of a decision, with so much for this line and so much of it allowed, bit/s.
func (v *videoSender) conditions(frame *video.Frame, encoding rtc.Encoding, f format, budget, allowed float64) conditions {
	width, _ := scaled(frame.Width, frame.Height, v.limitW, v.limitH, encoding.ScaleDown, 1)
	c := conditions{
		target: allowed, width: width, frameRate: v.frameRate, codec: f.name, load: v.load, fixedRate: v.fixed,
		scarce: v.scarcity.felt(v.coarse), fine: v.scarcity.far(v.coarse),
		keepSize: encoding.ContentHint == "detail" || v.screen && encoding.ContentHint == "",
		balanced: encoding.DegradationPreference == "balanced",
	}
	switch encoding.DegradationPreference {
	case "maintain-resolution":
		c.keepSize = true
	case "maintain-framerate":
		c.keepSize = false
	}
	// A limit the application set (paused camera) is no shortage: the picture is meant to be that poor.
	if limit := float64(encoding.MaxBitrate); limit > 0 && budget >= limit {
		full := c.need(0, 0)
		c.scarce = c.scarce && limit >= poor*full
		c.target = max(c.target, full)
	}
	return c
}

// limitedBy is why pictures are poorer than they could be; empty: they are not.
func (v *videoSender) limitedBy() string {
	if v.failing {
		return limitedOtherwise // there are none at all
	}
	return v.adapt.reason
}

// most is what a picture may take, bit/s: what the table says of its size. One that is smaller for want of bandwidth may take what
// the next larger one deserves: it looks better for it, and shows whether there is room for that one.
func (v *videoSender) most(frame *video.Frame, encoding rtc.Encoding, f format) float64 {
	if v.fixed > 0 {
		return v.fixed
	}
	step := sizeSteps[max(v.adapt.size-1, 0)]
	if v.adapt.reason == "cpu" {
		step = sizeSteps[v.adapt.size]
	}
	w, _ := scaled(frame.Width, frame.Height, v.limitW, v.limitH, encoding.ScaleDown, step)
	return tableBitrate(w, f.name)
}

// hold corrects an encoder that makes more of a picture than it is told to: where there is little room, the excess would
// wait before the bottleneck.
func (v *videoSender) hold(bitrate float64) {
	if v.share == 0 {
		v.share = 1
	}
	if v.made*v.sendRate*8 > holdFrom*bitrate {
		v.share = max(v.share*holdBack, holdMost)
	} else {
		v.share = min(v.share*holdLoose, 1)
	}
}

// How fast an encoder is held back, a frame, and how far; a key frame alone must not count for much.
const (
	holdFrom            = 1.03 // of the bitrate
	holdBack, holdLoose = 0.998, 1.002
	holdMost            = 0.6
	holdLearn           = 1.0 / 128
)

// openEncoder opens the encoder that this build has for a format.
func openEncoder(f format, c codec.VideoConfig) (codec.VideoEncoder, string, error) {
	adapter, err := codec.Video(f.name)
	if err != nil {
		return nil, "", err
	}
	if adapter.NewEncoder == nil {
		return nil, "", codec.ErrUnsupported
	}
	e, err := adapter.NewEncoder(c)
	return e, adapter.Encoder, err
}

// coarse is the quantizer from which on pictures of a codec are mush; 0: not known.
func coarse(name string) int {
	adapter, err := codec.Video(name)
	if err != nil {
		return 0
	}
	return adapter.Coarse
}

func (v *videoSender) open(f format, w, h int, detail bool) error {
	config := codec.VideoConfig{Width: w, Height: h, FrameRate: v.frameRate, Bitrate: v.rate, Screen: detail}
	if f.name == "H264" && f.mode == 0 {
		config.MaxPayload = mtu
	}
	encoder, implementation, err := v.newEncoder(f, config)
	if err != nil {
		return err
	}
	v.encoder, v.using, v.packets, v.coarse, v.scarcity = encoder, f, newPacketizer(f), coarse(f.name), scarcity{}
	v.count(func(s *senderStats) { s.implementation = implementation })
	return nil
}

func (v *videoSender) encode(picture *video.Frame, f format, captured time.Duration, asked bool, now time.Time) {
	if v.encoder == nil {
		if now.Sub(v.failedAt) < time.Second {
			return
		}
		if err := v.open(f, picture.Width, picture.Height, v.screen); err != nil {
			v.takeAnother(f, err)
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
	v.made += (float64(len(data)) - v.made) * holdLearn
	v.failing = false
	spent := time.Since(now)
	v.load += (spent.Seconds()*min(v.sendRate, 60) - v.load) / 16
	v.scarcity.frame(len(data) == 0, quantizer(v.encoder))
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
	s.targetBytes += uint64(v.stats.target / 8 / max(1, v.sendRate))
	if !key && s.meanSize > 0 && float64(len(data)) > hugeFrame*s.meanSize {
		s.huge++
	}
	s.meanSize += (float64(len(data)) - s.meanSize) / 32
	s.encodeTime += spent
	s.width, s.height = picture.Width, picture.Height
	s.frameRate.add(now)
	s.qp.add(v.encoder)
	if key {
		s.keyFrames++
	}
	if v.sentOK {
		s.framesSent++
	}
}

// takeAnother sends with another codec that the peer takes when the encoder of one does not open.
func (v *videoSender) takeAnother(f format, err error) {
	next := v.instead(f.name)
	if next == nil {
		v.fail("opening the encoder", err)
		v.unopened.add(f.name)
		return
	}
	v.log.Warn("a video encoder does not open: another codec is sent", "codec", f.name, "instead", next.name, "error", err)
	v.drop()
	v.mu.Lock()
	if v.format != nil && v.format.name == f.name { // else it was negotiated anew meanwhile
		v.format, v.keyAsked = next, true
	}
	v.mu.Unlock()
}

// hugeFrame is how much larger than the mean a frame must be to count as huge (W3C hugeFramesSent).
const hugeFrame = 2.5

func (v *videoSender) fail(doing string, err error) {
	if time.Since(v.failedAt) > 10*time.Second {
		v.log.Warn("video is not sent", "while", doing, "error", err)
	}
	v.failedAt, v.failing = time.Now(), true
	v.count(func(s *senderStats) { s.limitation.set(limitedOtherwise, v.failedAt) })
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
