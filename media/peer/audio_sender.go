package peer

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"parley/connector/rtc"
	"parley/media/audio"
	"parley/media/codec"
)

// AudioSource is what a local audio track must offer besides rtc.LocalTrack (device.AudioTrack does).
type AudioSource interface {
	Tap(fn func(pcm []int16, channels int)) (cancel func())
}

const (
	audioFrames  = 2   // of 10 ms in a packet
	audioBacklog = 10  // frames of 10 ms that wait at most; older ones are dropped
	lossFades    = 0.9 // a report
	opusBitrate  = 40_000
	opusStereo   = 96_000
)

// audioSender is the sending stage of the audio m-line: 20 ms packets of Opus, or of G.722 and G.711 for a peer that has
// nothing else. Nothing is sent while the track is off.
type audioSender struct {
	out   *outbound
	log   *slog.Logger
	ready func() bool

	mu     sync.Mutex
	track  rtc.LocalTrack
	cancel func()
	format *format
	limit  int // bit/s, of the encoding; 0 is none
	loss   float64
	sent,
	repeated int // packets since the last report
	nacks  uint64
	frames [audioBacklog]audioFrame // ring
	head,
	count int

	wake   chan struct{}
	stop   chan struct{}
	exited chan struct{}

	meter    audio.Meter
	statsMu  sync.Mutex
	target   int
	energy   float64 // W3C totalAudioEnergy
	duration float64 // s

	// Below: the goroutine's own.
	encoder   codec.AudioEncoder
	using     format
	channels  int
	resampler *audio.Resampler
	began     captureClock
	mono, pcm []int16
	narrow    []int16
	data      []byte
	timestamp uint32
	rest      int // samples that are no whole tick of the timestamp yet
	// samplesTick is how many samples a tick of the timestamp has.
	samplesTick int
	lastSent    time.Time
	failedAt    time.Time
	unopened    unopened
	wantRate    int
	toldLoss    float64
}

type audioFrame struct {
	pcm      [2 * audio.FrameSamples]int16
	channels int
	at       time.Time
}

func newAudioSender(out *outbound, log *slog.Logger) *audioSender {
	return &audioSender{out: out, log: log, timestamp: rand.Uint32(),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), exited: make(chan struct{})}
}

func (a *audioSender) setTrack(track rtc.LocalTrack) error {
	source, ok := track.(AudioSource)
	if track != nil && !ok {
		return errors.New("this audio track has no samples")
	}
	a.mu.Lock()
	cancel := a.cancel
	a.track, a.cancel, a.count = track, nil, 0
	a.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if track == nil {
		return nil
	}
	cancel = source.Tap(func(pcm []int16, channels int) { a.offer(track, pcm, channels) })
	a.mu.Lock()
	if a.track == track && a.cancel == nil {
		a.cancel, cancel = cancel, nil
	}
	a.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	return nil
}

// offer is the tap.
func (a *audioSender) offer(track rtc.LocalTrack, pcm []int16, channels int) {
	if channels < 1 || channels > 2 || len(pcm) != channels*audio.FrameSamples {
		return
	}
	a.mu.Lock()
	if a.track == track {
		if a.count == audioBacklog {
			a.head, a.count = (a.head+1)%audioBacklog, a.count-1
		}
		f := &a.frames[(a.head+a.count)%audioBacklog]
		copy(f.pcm[:], pcm)
		f.channels, f.at = channels, time.Now()
		a.count++
	}
	enough := a.count >= audioFrames
	a.mu.Unlock()
	if enough {
		select {
		case a.wake <- struct{}{}:
		default:
		}
	}
}

func (a *audioSender) setFormat(f *format) {
	a.mu.Lock()
	a.format = f
	a.mu.Unlock()
}

func (a *audioSender) setLimit(bitrate int) {
	a.mu.Lock()
	a.limit = bitrate
	a.mu.Unlock()
}

// setLoss takes the loss of a report of the peer, 0 to 1. A second of sound is 50 packets: a loss of a few percent shows in
// some reports and not in others, so what counts is the worst of the last ones, less and less.
// What was repaired counts too, as if every packet had been asked for once.
func (a *audioSender) setLoss(fraction float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sent > 0 {
		fraction = max(fraction, min(1, float64(a.repeated)/float64(a.sent)))
	}
	a.sent, a.repeated = 0, 0
	a.loss = max(fraction, a.loss*lossFades)
}

// countNACK counts a request of the peer, upon which so many packets were sent again.
func (a *audioSender) countNACK(repeated int) {
	a.mu.Lock()
	a.nacks++
	a.repeated += repeated
	a.mu.Unlock()
}

func (a *audioSender) close() {
	_ = a.setTrack(nil)
	close(a.stop)
	<-a.exited
}

func (a *audioSender) run() {
	defer close(a.exited)
	defer a.closeEncoder()
	for {
		select {
		case <-a.stop:
			return
		case <-a.wake:
		}
		for a.next() {
		}
	}
}

// next takes one packet's worth of frames and sends it; false when there is not enough.
func (a *audioSender) next() bool {
	a.mu.Lock()
	if a.count < audioFrames {
		a.mu.Unlock()
		return false
	}
	channels, at := a.frames[a.head].channels, a.frames[a.head].at
	a.pcm = a.pcm[:0]
	for range audioFrames {
		f := &a.frames[a.head]
		a.pcm = audio.Remix(a.pcm, f.pcm[:f.channels*audio.FrameSamples], f.channels, channels)
		a.head, a.count = (a.head+1)%audioBacklog, a.count-1
	}
	a.sent++
	track, f, limit, loss := a.track, a.format, a.limit, a.loss
	a.mu.Unlock()
	if track == nil || f == nil || !track.Enabled() || !a.ready() {
		a.meter.Reset()
		return true
	}
	a.meter.Add(a.pcm)
	a.measure(channels)
	if err := a.send(*f, channels, limit, loss, at); err != nil {
		if time.Since(a.failedAt) > 10*time.Second {
			a.log.Warn("sound is not sent", "error", err)
		}
		a.failedAt = time.Now()
	}
	return true
}

// measure adds the packet to the totals of the source.
func (a *audioSender) measure(channels int) {
	var sum float64
	for _, v := range a.pcm {
		s := float64(v) / 32768
		sum += s * s
	}
	seconds := float64(len(a.pcm)/channels) / audio.SampleRate
	a.statsMu.Lock()
	a.energy += sum / float64(len(a.pcm)) * seconds
	a.duration += seconds
	a.statsMu.Unlock()
}

func (a *audioSender) closeEncoder() {
	if a.encoder != nil {
		_ = a.encoder.Close()
		a.encoder = nil
	}
}

// open makes the encoder. All but Opus have one channel, at a lower rate.
func (a *audioSender) open(f format, channels int) error {
	adapter, err := codec.Audio(f.name)
	if err != nil {
		return err
	}
	config := codec.AudioConfig{SampleRate: adapter.SampleRate, Channels: channels, FEC: true, Music: channels == 2}
	a.resampler, a.wantRate, a.toldLoss, a.rest = nil, 0, 0, 0
	if adapter.SampleRate != audio.SampleRate {
		config.Channels, config.FEC, config.Music = 1, false, false
		if a.resampler, err = audio.NewResampler(audio.SampleRate, adapter.SampleRate, 1); err != nil {
			return err
		}
	} else {
		config.Bitrate = opusRate(channels, 0)
	}
	if a.encoder, err = adapter.NewEncoder(config); err != nil {
		a.encoder = nil
		return err
	}
	a.using, a.channels, a.samplesTick = f, channels, max(1, adapter.SampleRate/int(f.clock))
	return nil
}

func opusRate(channels, limit int) int {
	rate := opusBitrate
	if channels == 2 {
		rate = opusStereo
	}
	if limit > 0 {
		rate = min(rate, max(limit, 6000))
	}
	return rate
}

func (a *audioSender) send(f format, channels, limit int, loss float64, at time.Time) error {
	if a.encoder != nil && (a.using.name != f.name || a.channels != channels) {
		a.closeEncoder()
	}
	if a.encoder == nil {
		if time.Since(a.failedAt) < time.Second {
			return nil
		}
		if err := a.open(f, channels); err != nil {
			a.unopened.add(f.name)
			return err
		}
	}
	a.tune(channels, limit, loss)
	pcm, samples := a.pcm, len(a.pcm)/channels
	if a.resampler != nil {
		a.mono = audio.Remix(a.mono[:0], a.pcm, channels, 1)
		// The filter gives or keeps a sample now and then; a frame of G.722 and G.711 may have any length.
		a.narrow = a.resampler.Process(a.narrow[:0], a.mono)
		pcm, samples = a.narrow, len(a.narrow)
	}
	data, err := a.encoder.Encode(a.data[:0], pcm)
	if err != nil {
		a.closeEncoder()
		return err
	}
	a.data = data[:0]
	// After silence (muted) the clock has gone on: timestamps follow it, and the marker tells the receiver.
	marker := false
	if gap := at.Sub(a.lastSent); a.lastSent.IsZero() || gap > 200*time.Millisecond {
		marker = true
		if !a.lastSent.IsZero() {
			a.timestamp += uint32(gap.Seconds() * float64(f.clock))
		}
	}
	a.lastSent = at
	a.out.captured(a.timestamp, a.began.at(at.Add(-frameOfSource), a.timestamp, f.clock, marker), f.clock)
	if len(data) > 0 {
		a.out.write(data, f.pt, a.timestamp, marker)
	}
	a.rest += samples
	a.timestamp += uint32(a.rest / a.samplesTick)
	a.rest %= a.samplesTick
	return nil
}

func (a *audioSender) tune(channels, limit int, loss float64) {
	if a.resampler != nil {
		return
	}
	if want := opusRate(channels, limit); want != a.wantRate {
		a.encoder.SetBitrate(want)
		a.wantRate = want
		a.statsMu.Lock()
		a.target = want
		a.statsMu.Unlock()
	}
	if d := loss - a.toldLoss; d > 0.01 || -d > 0.01 {
		a.encoder.SetLoss(loss)
		a.toldLoss = loss
	}
}
