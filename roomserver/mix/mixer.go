// Package mix makes the sound of a conference: it decodes every participant's Opus stream, and gives each one the sum of
// all others, encoded for him. One goroutine, the mixer's clock, does all decoding, summing and encoding, every 20 ms.
package mix

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"parley/media/codec"
)

const (
	frameTime = 20 * time.Millisecond
	// catchUp is how many frames a late clock makes up for; more are skipped.
	catchUp = 5
	// silenceLevel is where a participant is not mixed in at all, dBov.
	silenceLevel = -65
	// bitrate of a mix, bit/s: full-band speech.
	bitrate = 40000
	// localLimit is how much sound from inside the process waits at most: 200 ms.
	localLimit = sampleRate / 5
)

// Level is how loud a member was in one frame.
type Level struct {
	Name string
	DB   float64 // dBov: 0 is full scale, -127 silence
}

// Options of a member.
type Options struct {
	Name   string
	Output Output // nil: only speaks
	Codec  string // of both directions: "opus" (also for ""), "G722", "PCMU", "PCMA"
	// Local: speaks by PushLocal, not by Push, or not at all.
	Local bool
	// Self is another member that is the same person: his voice is left out too.
	Self *Member
}

// Output receives a member's mix: one packet and its RTP timestamp (48 kHz, or 8 kHz for the telephone's codecs). begins marks
// the first packet after silence (RFC 7587 4.1). It is called on the mixer's clock and must not block; packet is valid until it returns.
type Output func(packet []byte, timestamp uint32, begins bool)

// Mixer is one conference's sound.
type Mixer struct {
	onLevels func([]Level)

	mu      sync.Mutex
	members []*Member
	stop    chan struct{}
	stopped chan struct{}

	levels []Level
	// How many members of other processes speak in this frame, and how long their sound has waited together.
	speaking int
	waited   time.Duration
	sum      [frameSamples]int32
	out      [frameSamples]int16
	narrow   []int16 // out at a lower rate
	coded    []byte
}

// Member is one participant of the mix.
type Member struct {
	mixer   *Mixer
	name    string
	output  Output // nil: does not listen
	encoder codec.AudioEncoder
	input   *input // nil: speaks from inside the process
	self    *Member
	// telephone makes a codec's rate of the mix; nil for Opus.
	telephone *decimator
	ticks     uint32 // of the timestamp in 20 ms

	mu    sync.Mutex
	muted bool
	deaf  bool
	local []int16

	// Below: the clock's only.
	pcm     [frameSamples]int16
	speaks  bool
	behind  atomic.Int64 // of the mix, ns
	clock   uint32
	resting bool
}

// New starts a mixer. onLevels, if not nil, is called for each frame on the clock with a slice that is reused.
func New(onLevels func([]Level)) *Mixer {
	m := &Mixer{onLevels: onLevels, stop: make(chan struct{}), stopped: make(chan struct{})}
	go m.run()
	return m
}

// Join adds a member.
func (m *Mixer) Join(o Options) (*Member, error) {
	member := &Member{mixer: m, name: o.Name, output: o.Output, self: o.Self}
	if member.self == nil {
		member.self = member
	}
	if o.Codec == "" {
		o.Codec = "opus"
	}
	if o.Output != nil {
		adapter, err := codec.Audio(o.Codec)
		if err != nil {
			return nil, err
		}
		config := codec.AudioConfig{SampleRate: adapter.SampleRate, Channels: 1, Bitrate: bitrate, FEC: true, DTX: true}
		member.ticks = ticksOf(adapter)
		if step := stepOf(adapter); step > 1 {
			member.telephone = newDecimator(step)
		}
		if member.encoder, err = adapter.NewEncoder(config); err != nil {
			return nil, err
		}
	}
	if !o.Local {
		in, err := newInput(o.Codec)
		if err != nil {
			if member.encoder != nil {
				_ = member.encoder.Close()
			}
			return nil, err
		}
		member.input = in
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.members = append(m.members, member)
	return member, nil
}

// Push hands over one packet of the member's Opus stream. Not for concurrent use.
func (m *Member) Push(p *rtp.Packet) {
	if m.input != nil {
		m.input.push(p)
	}
}

// PushLocal hands over mono sound, 48 kHz.
func (m *Member) PushLocal(pcm []int16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if over := len(m.local) + len(pcm) - localLimit; over > 0 {
		m.local = m.local[:copy(m.local, m.local[min(over, len(m.local)):])]
	}
	m.local = append(m.local, pcm...)
}

// SetMuted keeps the member's sound out of the mix.
func (m *Member) SetMuted(muted bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.muted = muted
}

// SetDeaf keeps the mix from the member: he hears it elsewhere, or not at all.
func (m *Member) SetDeaf(deaf bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deaf = deaf
}

// Leave removes the member; its output is not called after it returned. It must not be called from an Output.
func (m *Member) Leave() {
	mixer := m.mixer
	mixer.mu.Lock()
	defer mixer.mu.Unlock()
	for i, have := range mixer.members {
		if have == m {
			mixer.members = append(mixer.members[:i], mixer.members[i+1:]...)
			m.release()
			return
		}
	}
}

func (m *Member) release() {
	if m.encoder != nil {
		_ = m.encoder.Close()
	}
	if m.input != nil {
		m.input.close()
	}
}

// Close ends the clock and removes all members.
func (m *Mixer) Close() {
	close(m.stop)
	<-m.stopped
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, member := range m.members {
		member.release()
	}
	m.members = nil
}

func (m *Mixer) run() {
	defer close(m.stopped)
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	due := time.Now()
	for {
		select {
		case <-m.stop:
			return
		case now := <-ticker.C:
			if now.Sub(due) > catchUp*frameTime {
				due = now.Add(-frameTime)
			}
			for !due.After(now) {
				m.frame()
				due = due.Add(frameTime)
			}
		}
	}
}

// frame makes 20 ms for everyone.
func (m *Mixer) frame() {
	m.mu.Lock()
	m.levels = m.levels[:0]
	clear(m.sum[:])
	m.speaking, m.waited = 0, 0
	for _, member := range m.members {
		db := member.pull()
		m.levels = append(m.levels, Level{Name: member.name, DB: db})
		if member.speaks {
			for i, v := range member.pcm {
				m.sum[i] += int32(v)
			}
			if member.input != nil {
				m.speaking++
				m.waited += member.input.waited
			}
		}
	}
	for _, member := range m.members {
		m.send(member)
	}
	m.mu.Unlock()
	if m.onLevels != nil {
		m.onLevels(m.levels)
	}
}

// pull reads the member's next frame and returns its level.
func (m *Member) pull() float64 {
	heard := false
	if m.input != nil {
		heard = m.input.pull(m.pcm[:])
	} else {
		heard = m.pullLocal()
	}
	m.mu.Lock()
	muted := m.muted
	m.mu.Unlock()
	m.speaks = false
	if !heard || muted {
		return -127
	}
	db := level(m.pcm[:])
	m.speaks = db > silenceLevel
	return db
}

func (m *Member) pullLocal() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.local) < frameSamples {
		return false
	}
	copy(m.pcm[:], m.local)
	m.local = m.local[:copy(m.local, m.local[frameSamples:])]
	return true
}

// send encodes the sum without the member's own voice.
func (m *Mixer) send(member *Member) {
	if member.output == nil {
		return
	}
	voice := member.self
	for i, sum := range m.sum {
		if voice.speaks {
			sum -= int32(voice.pcm[i])
		}
		m.out[i] = limit(sum)
	}
	pcm := m.out[:]
	if member.telephone != nil {
		m.narrow = member.telephone.run(m.narrow[:0], pcm)
		pcm = m.narrow
	}
	m.note(member)
	timestamp := member.clock
	member.clock += member.ticks
	member.mu.Lock()
	deaf := member.deaf
	member.mu.Unlock()
	var coded []byte
	if !deaf {
		var err error
		coded, err = member.encoder.Encode(m.coded[:0], pcm)
		m.coded = coded[:0]
		if err != nil {
			coded = nil
		}
	}
	if len(coded) == 0 {
		member.resting = true // nothing to say (DTX): the timestamp goes on, the sequence number does not
		return
	}
	member.output(coded, timestamp, member.resting)
	member.resting = false
}

// note follows how long what the member hears has waited here. While nobody speaks it stays; it never jumps, for who hears
// it plays picture and sound together by it.
func (m *Mixer) note(member *Member) {
	speaking, waited := m.speaking, m.waited
	if voice := member.self; voice.speaks && voice.input != nil {
		speaking, waited = speaking-1, waited-voice.input.waited
	}
	if speaking == 0 {
		return
	}
	now, before := int64(waited)/int64(speaking), member.behind.Load()
	if before == 0 {
		before = now
	}
	member.behind.Store(before + (now-before)/64)
}

// Behind is how old what the member hears is when it leaves, by the clock of what comes and is passed on at once: voices
// wait in the mixer, and a packet of them comes only when its first sample is a frame old.
func (m *Member) Behind() time.Duration {
	if waited := time.Duration(m.behind.Load()); waited > 0 {
		return waited + frameTime
	}
	return 0
}

// limit bends what is above three quarters of full scale instead of cutting it.
func limit(sum int32) int16 {
	const knee, rest = 24576, 32767 - 24576
	v := int64(sum)
	switch {
	case v > knee:
		v = knee + (v-knee)*rest/(v-knee+rest)
	case v < -knee:
		v = -knee + (v+knee)*rest/(-v-knee+rest)
	}
	return int16(v)
}

func level(pcm []int16) float64 {
	var energy float64
	for _, v := range pcm {
		energy += float64(v) * float64(v)
	}
	if energy == 0 {
		return -127
	}
	return math.Max(10*math.Log10(energy/float64(len(pcm))/(32768*32768)), -127)
}
