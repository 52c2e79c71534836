package audio

import (
	"math"
	"time"
)

// Playout control.
const (
	// tooMuch and tooLittle are how far the delay may be off its target before it is corrected.
	tooMuch   = 15 * time.Millisecond
	tooLittle = 2 * time.Millisecond
	// hurry: from this much excess on, periods are cut out even where it can be heard.
	hurry = 80 * time.Millisecond
	// skip: from this much excess on, whole packets are left out.
	skip = 400 * time.Millisecond
	// Concealment of a stream that stopped fades out between these.
	fadeFrom = 60 * time.Millisecond
	fadeTo   = 160 * time.Millisecond
	// idle: after so long without packets the next one starts afresh.
	idle = 3 * time.Second
	// recent is over how many packets the delay's minimum is taken: the playback device reads in bursts, and only its
	// earliest read tells how much there is to spare.
	recent = 16
)

// reader is the reading half of a JitterBuffer.
type reader struct {
	playing bool
	next    int64 // sequence number to be decoded next
	at      int64 // media time of the next sample to be made, samples of the decoder
	packet  int   // samples in the last packet
	delay   time.Duration
	delays  [recent]time.Duration
	seen    int // delays filled

	expanding time.Duration // how long there was nothing to decode
	pending   int           // samples made up meanwhile: lost, or a pause?
	silent    int           // of these, faded to nothing
	losing    bool          // within a concealment event
	losses    losses

	channels  int
	fifo      []int16 // decoded, to be resampled
	scratch   []int16 // one packet
	zeros     []int16 // 10 ms
	stretched []int16
	resampler *Resampler // nil: the decoder gives 48 kHz
	resampled []int16
	ready     []int16 // 48 kHz stereo
}

func (p *reader) init(o JitterOptions) (err error) {
	p.channels = o.Channels
	most := o.SampleRate * maxPacketTime / 1000 * o.Channels
	p.scratch = make([]int16, most)
	p.zeros = make([]int16, o.SampleRate/100*o.Channels)
	p.stretched = make([]int16, 0, 2*most)
	p.fifo = make([]int16, 0, 3*most)
	p.packet = o.SampleRate / 50
	if o.SampleRate != SampleRate {
		p.resampler, err = NewResampler(o.SampleRate, SampleRate, o.Channels)
	}
	return err
}

// Read fills pcm (Input).
func (j *JitterBuffer) Read(pcm []int16) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		clear(pcm)
		j.meter.Add(pcm)
		return
	}
	chunk := int(j.rate/100) * j.channels
	for len(j.ready) < len(pcm) {
		for len(j.fifo) < chunk {
			j.produce()
		}
		j.convert(j.fifo[:chunk])
		j.fifo = j.fifo[:copy(j.fifo, j.fifo[chunk:])]
	}
	copy(pcm, j.ready)
	j.ready = j.ready[:copy(j.ready, j.ready[len(pcm):])]

	j.meter.Add(pcm)
	samples := len(pcm) / 2
	if j.known {
		j.counters.TotalSamplesReceived += uint64(samples)
	}
	seconds := float64(samples) / SampleRate
	j.counters.TotalSamplesDuration += seconds
	var energy float64
	for i := 0; i < len(pcm); i += 2 {
		v := float64(pcm[i]) / 32768
		energy += v * v
	}
	if samples > 0 {
		j.counters.TotalAudioEnergy += energy / float64(samples) * seconds
	}
}

// convert appends decoded sound to ready as 48 kHz stereo.
func (j *JitterBuffer) convert(pcm []int16) {
	if j.resampler != nil {
		j.resampled = j.resampler.Process(j.resampled[:0], pcm)
		pcm = j.resampled
	}
	j.ready = Remix(j.ready, pcm, j.channels, 2)
}

// produce appends at least one sample to the fifo: the next packet, or what stands in for it.
func (j *JitterBuffer) produce() {
	grain := int(j.rate / 100)
	now := j.options.Now() + j.duration(int64(len(j.fifo)/j.channels)) // when what is made now will be heard
	if !j.playing && !j.begin(now) {
		j.fifo = append(j.fifo, j.zeros[:grain*j.channels]...)
		return
	}
	for {
		s := &j.slots[j.next%jitterSlots]
		if s.used && s.sequence == j.next {
			if len(s.payload) == 0 { // padding
				s.used = false
				j.next++
				continue
			}
			if s.timestamp > j.at && j.delayOf(s.timestamp, now) < j.target() {
				// The sender paused (DTX), and the time of this packet has not come.
				j.expand(min(grain, int(s.timestamp-j.at)))
				return
			}
			if j.play(s, now) {
				return
			}
			continue
		}
		later := j.later()
		if later == nil {
			j.expand(grain)
			if j.expanding > idle {
				j.playing = false
				j.resolve(false)
			}
			return
		}
		if later.timestamp <= j.at { // its turn has come: what is missing before it was made up already
			j.resolve(true)
			for ; j.next < later.sequence; j.next++ {
				j.losses.note(true)
			}
			continue
		}
		j.conceal(later)
		return
	}
}

// begin starts playout when the oldest packet has waited for the target delay.
func (j *JitterBuffer) begin(now time.Duration) bool {
	var oldest *slot
	for i := range j.slots {
		if s := &j.slots[i]; s.used && len(s.payload) > 0 && (oldest == nil || s.sequence < oldest.sequence) {
			oldest = s
		}
	}
	if oldest == nil || j.delayOf(oldest.timestamp, now) < j.target() {
		return false
	}
	j.playing, j.next, j.at = true, oldest.sequence, oldest.timestamp
	j.expanding, j.seen, j.losing = 0, 0, false
	for i := range j.slots { // padding before it
		if s := &j.slots[i]; s.used && s.sequence < j.next {
			s.used = false
		}
	}
	return true
}

// delayOf is the delay beyond the fastest packet's way that a sample has which is heard at now.
func (j *JitterBuffer) delayOf(timestamp int64, now time.Duration) time.Duration {
	return now - j.duration(timestamp) - j.estimator.Minimum()
}

// later finds the first packet after a missing one.
func (j *JitterBuffer) later() *slot {
	for seq := j.next + 1; seq <= j.newest && seq < j.next+jitterSlots; seq++ {
		if s := &j.slots[seq%jitterSlots]; s.used && s.sequence == seq && len(s.payload) > 0 {
			return s
		}
	}
	return nil
}

// play decodes a packet; false when it was left out to catch up.
func (j *JitterBuffer) play(s *slot, now time.Duration) bool {
	s.used = false
	j.next = s.sequence + 1
	excess := j.delayOf(s.timestamp, now) - j.target()
	waiting := j.duration(j.newestTS - s.timestamp)
	if excess > skip && waiting > j.target()+skip/2 {
		j.counters.RemovedSamplesForAcceleration += j.at48(j.packet)
		j.counters.PacketsDiscarded++
		j.at = s.timestamp + int64(j.packet)
		return false
	}
	j.losses.note(s.repaired)
	j.resolve(s.timestamp < j.at-j.rate/500) // made up while this one was late, or in a pause of the sender
	n, err := j.options.Decoder.Decode(j.scratch, s.payload)
	if err != nil || n <= 0 || n*j.channels > len(j.scratch) {
		n = j.packet
		j.invent(n, nil)
		j.lost(n)
	} else {
		j.packet = n
		j.losing = false
	}
	pcm := j.scratch[:n*j.channels]
	if j.expanding > fadeFrom {
		j.rise(pcm)
	}
	j.expanding = 0
	j.at = s.timestamp + int64(n)
	emitted := j.at48(n)
	j.counters.JitterBufferEmittedCount += emitted
	j.counters.JitterBufferDelay += max(0, (now-s.arrival).Seconds()) * float64(emitted)
	j.counters.JitterBufferMinimumDelay += j.own().Seconds() * float64(emitted)
	j.counters.JitterBufferTargetDelay += j.target().Seconds() * float64(emitted)
	j.steer(pcm, j.delayOf(s.timestamp, now), waiting)
	return true
}

// steer appends pcm to the fifo, shorter or longer where that brings the delay nearer to its target.
func (j *JitterBuffer) steer(pcm []int16, delay, waiting time.Duration) {
	j.delays[j.seen%recent] = delay
	j.seen++
	j.delay = delay
	for _, d := range j.delays[:min(j.seen, recent)] {
		j.delay = min(j.delay, d)
	}
	excess := j.delay - j.target()
	packet := j.duration(int64(j.packet))
	switch {
	case excess > tooMuch && waiting >= packet/2:
		lag, correlation := period(pcm, j.channels, int(j.rate))
		if lag > 0 && (correlation > alike || excess > hurry) {
			pcm = shorten(pcm, j.channels, lag)
			j.counters.RemovedSamplesForAcceleration += j.at48(lag)
			j.shift(-j.duration(int64(lag)))
		}
	case excess < -tooLittle && j.seen > 2:
		lag, correlation := period(pcm, j.channels, int(j.rate))
		if lag > 0 && (correlation > alike || excess < -hurry/2) {
			j.stretched = lengthen(j.stretched[:0], pcm, j.channels, lag)
			pcm = j.stretched
			j.counters.InsertedSamplesForDeceleration += j.at48(lag)
			j.shift(j.duration(int64(lag)))
		}
	}
	j.fifo = append(j.fifo, pcm...)
}

// shift accounts for a correction in the delays seen before it.
func (j *JitterBuffer) shift(by time.Duration) {
	for i := range j.delays {
		j.delays[i] += by
	}
	j.delay += by
}

// conceal stands in for the packet j.next, which is lost; later is the first one there is after it.
func (j *JitterBuffer) conceal(later *slot) {
	j.resolve(true)
	j.losses.note(true)
	gap := int(later.timestamp - j.at)
	n := min(j.packet, gap)
	if later.sequence == j.next+1 && gap <= j.packet && j.redundant != nil && j.redundant(later.payload) {
		// All of it is in there. What was made up of it while nothing was there, its beginning, is left out.
		j.invent(j.packet, later.payload)
		j.fifo = append(j.fifo, j.scratch[(j.packet-n)*j.channels:j.packet*j.channels]...)
		j.counters.FECPacketsUsed++
		j.losing = false
	} else {
		j.invent(n, nil)
		j.fifo = append(j.fifo, j.scratch[:n*j.channels]...)
		j.lost(n)
	}
	j.next++
	j.at += int64(n)
	j.expanding = 0
}

// expand makes up sound while there is nothing to decode. Whether it was a loss or a pause is known when the next packet
// comes.
func (j *JitterBuffer) expand(n int) {
	j.invent(n, nil)
	gain := 1 - float64(j.expanding-fadeFrom)/float64(fadeTo-fadeFrom)
	gain = max(0, min(1, gain))
	pcm := j.scratch[:n*j.channels]
	j.fade(pcm, gain)
	j.fifo = append(j.fifo, pcm...)
	j.expanding += j.duration(int64(n))
	j.pending += n
	if gain == 0 {
		j.silent += n
	}
	j.at += int64(n)
}

// invent fills scratch with n concealed samples a channel.
func (j *JitterBuffer) invent(n int, fec []byte) {
	if err := j.options.Decoder.Conceal(j.scratch, n, fec); err != nil {
		clear(j.scratch[:n*j.channels])
	}
}

// resolve decides what the sound made up since the last packet was: concealment of packets that were lost or late, or a
// pause of the sender, which is not counted.
func (j *JitterBuffer) resolve(loss bool) {
	if loss && j.pending > 0 {
		j.lost(j.pending)
		j.counters.SilentConcealedSamples += j.at48(j.silent)
	}
	j.pending, j.silent = 0, 0
}

func (j *JitterBuffer) lost(n int) {
	if !j.losing {
		j.losing = true
		j.counters.ConcealmentEvents++
	}
	j.counters.ConcealedSamples += j.at48(n)
}

func (j *JitterBuffer) fade(pcm []int16, gain float64) {
	switch gain {
	case 1:
	case 0:
		clear(pcm)
	default:
		scale := int32(math.Round(gain * 32768))
		for i, v := range pcm {
			pcm[i] = int16(int32(v) * scale >> 15)
		}
	}
}

// rise fades the first 2.5 ms in, after silence.
func (j *JitterBuffer) rise(pcm []int16) {
	n := min(int(j.rate/400), len(pcm)/j.channels)
	for i := range n * j.channels {
		pcm[i] = int16(int32(pcm[i]) * int32(i/j.channels) / int32(n))
	}
}
