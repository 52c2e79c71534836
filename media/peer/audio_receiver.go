package peer

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"parley/connector/rtc"
	"parley/media/audio"
	"parley/media/codec"
)

// audioReceiver is the receiving stage of an audio m-line: packets into a jitter buffer, which the output pulls.
type audioReceiver struct {
	track  *RemoteTrack
	log    *slog.Logger
	output Output
	format func(pt uint8) (format, bool)

	mu       sync.Mutex
	counters receiveCounters
	buffer   *audio.JitterBuffer
	decoder  codec.AudioDecoder
	name     string
	ssrc     uint32
	before   audio.Counters // of buffers of earlier codecs
	holes    holes
	nacks    uint64 // requests for lost packets
	canAsk   bool   // the peer agreed to be asked
	// requestLost asks the peer for packets again.
	requestLost func(ssrc uint32, sequence []uint16)
	closed      bool
	refused     string // a codec that did not open, to be told once the lock is given up
	unopened    unopened
}

func (p *Conn) newAudioReceiver(t *RemoteTrack) *audioReceiver {
	a := &audioReceiver{track: t, log: p.log, output: p.config.Output, format: func(pt uint8) (format, bool) {
		name := p.codecOf(pt)
		for _, f := range p.formats {
			if f.kind == rtc.Audio && f.name == name {
				return f, true
			}
		}
		return format{}, false
	}}
	a.requestLost = func(ssrc uint32, sequence []uint16) {
		p.writeRTCP(&rtcp.TransportLayerNack{MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(sequence)})
	}
	a.unopened.tell = p.tellsOf(CodecFailure{Track: t})
	t.level = a.level
	return a
}

// implementation names the decoder. Under mu.
func (a *audioReceiver) implementation() string {
	adapter, err := codec.Audio(a.name)
	if err != nil {
		return ""
	}
	return adapter.Implementation
}

// level is how loud it is now, 0 to 1.
func (a *audioReceiver) level() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.buffer == nil {
		return 0
	}
	return a.buffer.Level()
}

// push takes a packet of n bytes, which is the receiver's then.
func (a *audioReceiver) push(p *packet, n int, ssrc uint32) {
	defer p.free()
	a.track.lastPacket.Store(int64(p.arrived))
	a.mu.Lock()
	ok := a.take(p, n, ssrc)
	refused := a.refused
	a.refused = ""
	a.mu.Unlock()
	if refused != "" {
		a.unopened.add(refused)
	}
	if ok {
		a.askLost(p.arrived)
	}
}

// take is push under mu; false: the packet is none of ours.
func (a *audioReceiver) take(p *packet, n int, ssrc uint32) bool {
	if a.closed {
		return false
	}
	f, ok := a.format(p.pt)
	if !ok {
		return false
	}
	if f.name != a.name {
		a.change(f)
	}
	if a.ssrc != ssrc {
		a.ssrc = ssrc
		a.counters.restart()
		a.holes = holes{request: a.holes.request, rtt: a.holes.rtt}
		if a.buffer != nil {
			a.buffer.Restart()
		}
	}
	sequence := uint16(p.sequence)
	p.sequence = a.counters.seq.unwrap(p.sequence)
	a.counters.add(p, n)
	repaired := a.canAsk && a.holes.add(p.sequence, p.arrived)
	if repaired {
		a.counters.recovered++
		a.counters.recoveredBytes += uint64(len(p.payload))
	}
	switch {
	case a.buffer == nil:
	case repaired:
		a.buffer.SetRepair(a.holes.takes())
		a.buffer.Repair(sequence, p.timestamp, p.payload, p.arrived)
	default:
		a.buffer.Push(sequence, p.timestamp, p.payload, p.arrived)
	}
	return true
}

// setRepair tells whether the peer can be asked for lost packets.
func (a *audioReceiver) setRepair(can bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.canAsk = can; !can {
		a.holes.n = 0
	}
}

// askLost asks for the packets that are missing and due. A hole that nobody is asked for is no repair when it fills.
func (a *audioReceiver) askLost(now time.Duration) {
	a.mu.Lock()
	var ask []uint16
	ssrc := a.ssrc
	if ssrc != 0 && a.holes.n > 0 { // there are none when the peer cannot be asked
		ask = slices.Clone(a.holes.requests(now))
	}
	if len(ask) > 0 {
		a.nacks++
	}
	a.mu.Unlock()
	if len(ask) > 0 {
		a.requestLost(ssrc, ask)
	}
}

// tick is called every 20 ms with the round trip, 0 when it is not known.
func (a *audioReceiver) tick(now, rtt time.Duration) {
	a.mu.Lock()
	a.holes.rtt = rtt
	a.mu.Unlock()
	a.askLost(now)
}

// change makes the decoder and buffer for a codec. Under mu.
func (a *audioReceiver) change(f format) {
	a.drop()
	a.name = f.name
	a.counters.clock = f.clock
	a.track.codec.Store(strings.ToUpper(f.name))
	channels := max(1, int(f.channels))
	adapter, err := codec.Audio(f.name)
	if err == nil {
		a.decoder, err = adapter.NewDecoder(codec.AudioConfig{SampleRate: adapter.SampleRate, Channels: channels})
	}
	if err == nil {
		a.buffer, err = audio.NewJitterBuffer(audio.JitterOptions{
			Decoder: a.decoder, ClockRate: int(f.clock), SampleRate: adapter.SampleRate, Channels: channels,
		})
	}
	if err != nil {
		a.log.Warn("sound cannot be decoded", "codec", f.name, "error", err)
		a.refused = f.name
		a.drop()
		return
	}
	if a.output != nil {
		a.output.Add(a.buffer)
	}
}

// drop closes the buffer and its decoder. Under mu.
func (a *audioReceiver) drop() {
	if a.buffer != nil {
		if a.output != nil {
			a.output.Remove(a.buffer)
		}
		a.buffer.Close()
		a.before = addCounters(a.before, a.buffer.Counters())
		a.buffer = nil
	}
	if a.decoder != nil {
		_ = a.decoder.Close()
		a.decoder = nil
	}
}

func (a *audioReceiver) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.drop()
}

// snapshot returns the figures so far.
func (a *audioReceiver) snapshot() (receiveCounters, audio.Counters) {
	a.mu.Lock()
	defer a.mu.Unlock()
	counters := a.before
	if a.buffer != nil {
		counters = addCounters(counters, a.buffer.Counters())
	}
	return a.counters, counters
}

// addCounters adds the totals and keeps the momentary values of b.
func addCounters(a, b audio.Counters) audio.Counters {
	b.TotalSamplesReceived += a.TotalSamplesReceived
	b.ConcealedSamples += a.ConcealedSamples
	b.SilentConcealedSamples += a.SilentConcealedSamples
	b.ConcealmentEvents += a.ConcealmentEvents
	b.InsertedSamplesForDeceleration += a.InsertedSamplesForDeceleration
	b.RemovedSamplesForAcceleration += a.RemovedSamplesForAcceleration
	b.JitterBufferDelay += a.JitterBufferDelay
	b.JitterBufferMinimumDelay += a.JitterBufferMinimumDelay
	b.JitterBufferTargetDelay += a.JitterBufferTargetDelay
	b.JitterBufferEmittedCount += a.JitterBufferEmittedCount
	b.PacketsDiscarded += a.PacketsDiscarded
	b.FECPacketsUsed += a.FECPacketsUsed
	b.TotalAudioEnergy += a.TotalAudioEnergy
	b.TotalSamplesDuration += a.TotalSamplesDuration
	return b
}
