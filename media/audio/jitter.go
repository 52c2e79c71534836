package audio

import (
	"errors"
	"sync"
	"time"

	"parley/media/codec"
	"parley/media/playout"
	"parley/media/video"
)

// Bounds of a JitterBuffer.
const (
	inTime = 0.97 // of packets that shall arrive in time
	// readGrain is what the playback clock's own steps cost.
	readGrain = frameTime
	// lossMemory is over how many packets losses are counted. From often on (a share of packets) playout waits for the
	// packet after a lost one, which may hold it too; below rarely it does not any more.
	lossMemory    = 250
	often, rarely = 0.008, 0.003
	// nearRepair is how long a repair may take that playout waits for.
	nearRepair = 40 * time.Millisecond
	// redundantFor is how long after the last redundant packet another one is expected.
	redundantFor = 3 * time.Second
	// maxExtra bounds what lip sync may ask for.
	maxExtra      = playout.MaxSkew
	jitterSlots   = 256  // packets: 5 s at 20 ms
	maxPayload    = 8192 // bytes
	usualPayload  = 320  // bytes; a larger one gets memory of its own
	maxPacketTime = 120  // ms of sound in one packet (RFC 6716)
	// restartJump: a sequence number this far off, or a transit time that changed by restartTransit, is a new stream.
	restartJump    = 3000
	restartTransit = 2 * time.Second
)

// JitterOptions of a JitterBuffer.
type JitterOptions struct {
	Decoder    codec.AudioDecoder // stays the caller's to close, after Close
	ClockRate  int                // of RTP timestamps, Hz
	SampleRate int                // the decoder's, Hz; 0: ClockRate
	Channels   int                // the decoder's, 1 or 2
	// MinDelay and MaxDelay bound the playout delay; 0: 20 ms and 200 ms.
	MinDelay, MaxDelay time.Duration
	// Now is the clock of arrivals, monotonic; nil: video.Now.
	Now func() time.Duration
}

// JitterBuffer turns one remote stream's packets into a steady sound (an Input): it reorders, decodes, conceals what is
// lost, and holds as much delay as the network's jitter needs. It reaches that delay, and follows the drift between the
// sender's clock and the playback device's, by cutting out or repeating single pitch periods.
//
// Push is for the network's goroutine, Read for the playback clock; neither allocates in steady state.
type JitterBuffer struct {
	options JitterOptions
	rate    int64 // samples a second of the decoder

	mu     sync.Mutex
	closed bool

	// Arrivals.
	known     bool // whether newest says anything
	newest    int64
	newestTS  int64 // of the newest packet, samples of the decoder
	rtp       uint32
	transit   time.Duration
	extra     time.Duration // that lip sync wants beyond what jitter needs
	slots     [jitterSlots]slot
	estimator playout.Estimator
	// redundant tells whether a packet holds the one before; nil: the codec has no such packets.
	redundant   func(packet []byte) bool
	redundantAt time.Duration // when one came last; 0: never
	repair      time.Duration // how long a lost packet takes to come once it is asked for; 0: nobody asks

	reader
	counters Counters
	meter    Meter
}

// slot holds a packet that waits.
type slot struct {
	used      bool
	sequence  int64 // extended beyond 16 bits
	timestamp int64 // extended, samples of the decoder
	arrival   time.Duration
	repaired  bool
	payload   []byte
}

// Counters as W3C webrtc-stats names them; samples are counted a channel at 48 kHz, times are seconds.
type Counters struct {
	TotalSamplesReceived           uint64
	ConcealedSamples               uint64
	SilentConcealedSamples         uint64
	ConcealmentEvents              uint64
	InsertedSamplesForDeceleration uint64
	RemovedSamplesForAcceleration  uint64
	JitterBufferDelay              float64 // sum over emitted samples
	JitterBufferTargetDelay        float64 // sum over emitted samples
	JitterBufferMinimumDelay       float64 // likewise, without what lip sync adds
	JitterBufferEmittedCount       uint64
	PacketsDiscarded               uint64 // arrived too late or twice
	FECPacketsUsed                 uint64 // losses that the packet after repaired; not concealed
	TotalAudioEnergy               float64
	TotalSamplesDuration           float64
	AudioLevel                     float64       // 0 to 1
	Delay                          time.Duration // of playout now, beyond the fastest packet's way
	Target                         time.Duration // it is steered to
}

// NewJitterBuffer for one stream.
func NewJitterBuffer(o JitterOptions) (*JitterBuffer, error) {
	if o.SampleRate == 0 {
		o.SampleRate = o.ClockRate
	}
	if o.MinDelay <= 0 {
		o.MinDelay = 20 * time.Millisecond
	}
	if o.MaxDelay <= 0 {
		o.MaxDelay = 200 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = video.Now
	}
	if o.Decoder == nil || o.ClockRate < 8000 || o.SampleRate < 8000 || o.SampleRate > 192000 || o.Channels < 1 || o.Channels > 2 {
		return nil, errors.New("audio: a jitter buffer needs a decoder of 1 or 2 channels and 8 to 192 kHz")
	}
	j := &JitterBuffer{options: o, rate: int64(o.SampleRate)}
	if r, ok := o.Decoder.(codec.Redundancy); ok {
		j.redundant = r.Redundant
	}
	slab := make([]byte, jitterSlots*usualPayload)
	for i := range j.slots {
		j.slots[i].payload = slab[i*usualPayload : i*usualPayload : (i+1)*usualPayload]
	}
	if err := j.reader.init(o); err != nil {
		return nil, err
	}
	return j, nil
}

// Push takes a packet: its RTP sequence number and timestamp, its payload (copied; empty for padding), and when it came.
func (j *JitterBuffer) Push(sequence uint16, timestamp uint32, payload []byte, arrival time.Duration) {
	j.push(sequence, timestamp, payload, arrival, false)
}

// Repair takes a packet that was lost and came because the sender was asked for it: it says nothing of jitter.
func (j *JitterBuffer) Repair(sequence uint16, timestamp uint32, payload []byte, arrival time.Duration) {
	j.push(sequence, timestamp, payload, arrival, true)
}

// SetRepair tells how long a lost packet takes to come after the next one showed that it is missing; 0: it never comes.
func (j *JitterBuffer) SetRepair(takes time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.repair = max(takes, 0)
}

func (j *JitterBuffer) push(sequence uint16, timestamp uint32, payload []byte, arrival time.Duration, repaired bool) {
	if len(payload) > maxPayload {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return
	}
	seq, ts := j.extend(sequence, timestamp)
	transit := arrival - j.duration(ts)
	if j.known && (seq-j.newest > restartJump || j.newest-seq > restartJump ||
		transit-j.transit > restartTransit || j.transit-transit > restartTransit) {
		j.restart()
		seq, ts = j.extend(sequence, timestamp)
		transit = arrival - j.duration(ts)
	}
	if len(payload) > 0 && !repaired {
		j.estimator.Add(arrival, transit)
		j.transit = transit
		if j.redundant != nil && j.redundant(payload) {
			j.redundantAt = max(arrival, 1)
		}
	}
	if !j.known || seq > j.newest {
		j.known, j.newest, j.newestTS, j.rtp = true, seq, ts, timestamp
	}
	if j.playing && seq-j.next >= jitterSlots {
		j.restartAt(seq) // nobody reads, or a burst larger than the buffer: the newest matters
	}
	s := &j.slots[seq%jitterSlots]
	if j.playing && seq < j.next || s.used && s.sequence >= seq {
		j.counters.PacketsDiscarded++
		return
	}
	*s = slot{used: true, sequence: seq, timestamp: ts, arrival: arrival, repaired: repaired, payload: append(s.payload[:0], payload...)}
}

// extend counts sequence numbers and timestamps on beyond their 16 and 32 bits.
func (j *JitterBuffer) extend(sequence uint16, timestamp uint32) (seq, ts int64) {
	if !j.known {
		// Far from zero, so that packets before the first have positive numbers.
		return 1<<32 + int64(sequence), 0
	}
	seq = j.newest + int64(int16(sequence-uint16(j.newest)))
	ticks := int64(int32(timestamp - j.rtp))
	return seq, j.newestTS + ticks*j.rate/int64(j.options.ClockRate)
}

// Restart forgets the stream's numbers: the next packet is of another SSRC. What waits is dropped.
func (j *JitterBuffer) Restart() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.restart()
}

func (j *JitterBuffer) restart() {
	j.known = false
	j.estimator.Reset()
	j.playing = false
	j.drop()
}

// restartAt drops what waits and goes on with the packet seq.
func (j *JitterBuffer) restartAt(seq int64) {
	j.playing = false
	j.drop()
	j.next = seq
}

func (j *JitterBuffer) drop() {
	for i := range j.slots {
		j.slots[i].used = false
	}
	j.resolve(false)
}

// Close makes the buffer silent; the decoder is not used any more when it returns.
func (j *JitterBuffer) Close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
}

// Counters so far.
func (j *JitterBuffer) Counters() Counters {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := j.counters
	c.AudioLevel = j.meter.Level()
	c.Target = j.target()
	c.Delay = j.delay
	return c
}

// Level is how loud the stream is now, 0 to 1.
func (j *JitterBuffer) Level() float64 { return j.meter.Level() }

func (j *JitterBuffer) target() time.Duration {
	return j.own() + j.extra
}

// own is the delay for what the network does: its jitter, and its losses where waiting for the next packet repairs them,
// or shows that the lost one must be asked for.
func (j *JitterBuffer) own() time.Duration {
	wait := j.estimator.Quantile(inTime) + readGrain
	packet := j.duration(int64(j.packet))
	switch {
	case !j.losses.frequent:
	case j.repair > 0 && j.repair <= nearRepair:
		wait += packet + j.repair
	case j.redundantAt > 0 && j.options.Now()-j.redundantAt < redundantFor:
		wait += packet
	}
	return max(j.options.MinDelay, min(j.options.MaxDelay, wait))
}

// duration of so many of the decoder's samples.
func (j *JitterBuffer) duration(samples int64) time.Duration { return playout.Ticks(samples, j.rate) }

// at48 counts the decoder's samples in samples of 48 kHz.
func (j *JitterBuffer) at48(samples int) uint64 { return uint64(int64(samples) * SampleRate / j.rate) }
