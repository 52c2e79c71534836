package mix

import (
	"sync"
	"time"

	"github.com/pion/rtp"

	"parley/media/codec"
)

const (
	sampleRate   = 48000
	frameSamples = 960 // 20 ms, one channel
	// ringSize is how many packets an input holds at most; a power of two.
	ringSize = 64
	// startDepth is how much is gathered before playing begins, in packets of 20 ms: it bridges that much jitter.
	startDepth = 2
	// maxDepth is where old packets are thrown away: delay is the enemy.
	maxDepth = 10
	// maxPacket is the longest Opus packet, 120 ms (RFC 6716 2.1.4), in samples a channel.
	maxPacket = 5760
	// concealLimit is how many lost frames in a row are concealed before it becomes silence.
	concealLimit = 5
)

// input is the jitter buffer and decoder of one participant's stream. push runs on the receiver's goroutine, pull on
// the mixer's.
type input struct {
	decoder codec.AudioDecoder
	// telephone turns what a decoder of the telephone gives into the mix's rate; nil for Opus.
	telephone *interpolator
	frame     int // samples in 20 ms of the decoder

	mu      sync.Mutex
	ring    [ringSize][]byte
	present [ringSize]bool
	numbers [ringSize]uint16
	arrived [ringSize]time.Time
	next    uint16 // the sequence number that is played next
	newest  uint16
	begun   bool // next is valid
	playing bool

	waited    time.Duration // from a packet's arrival until it is mixed, mean of late
	concealed int
	pcm       []int16 // decoded, not yet played
	scratch   [maxPacket]int16
	packet    []byte // copy of what is being decoded
	after     []byte
}

// newInput makes an input for "opus", "G722", "PCMU" or "PCMA".
func newInput(name string) (*input, error) {
	adapter, err := codec.Audio(name)
	if err != nil {
		return nil, err
	}
	in := &input{pcm: make([]int16, 0, 2*maxPacket)}
	step := stepOf(adapter)
	if step > 1 {
		in.telephone = newInterpolator(step)
	}
	in.frame = frameSamples / step
	in.decoder, err = adapter.NewDecoder(codec.AudioConfig{SampleRate: adapter.SampleRate, Channels: 1})
	if err != nil {
		return nil, err
	}
	return in, nil
}

func (in *input) push(p *rtp.Packet) {
	if len(p.Payload) == 0 || len(p.Payload) > 1500 {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	n := p.SequenceNumber
	behind := int16(n - in.next)
	switch {
	case !in.begun || behind > ringSize || behind < -ringSize:
		// The first packet, or a sender that began new numbers.
		in.present = [ringSize]bool{}
		in.next, in.newest, in.begun, in.playing = n, n, true, false
	case behind < 0:
		return // too late
	case int16(n-in.newest) > 0:
		in.newest = n
	}
	for int(in.newest-in.next) >= ringSize {
		in.present[in.next%ringSize] = false
		in.next++
	}
	i := n % ringSize
	in.ring[i] = append(in.ring[i][:0], p.Payload...)
	in.present[i], in.numbers[i], in.arrived[i] = true, n, time.Now()
}

// depth is the distance from the next packet to the newest, in packets, both counted.
func (in *input) depth() int {
	if !in.begun {
		return 0
	}
	return int(int16(in.newest-in.next)) + 1
}

// pull fills pcm with the next 20 ms; false when the participant is silent.
func (in *input) pull(pcm []int16) bool {
	for len(in.pcm) < frameSamples {
		if !in.decodeNext() {
			break
		}
	}
	if len(in.pcm) == 0 {
		return false
	}
	n := copy(pcm, in.pcm)
	clear(pcm[n:])
	in.pcm = in.pcm[:copy(in.pcm, in.pcm[n:])]
	return true
}

// decodeNext appends one packet's samples, real or concealed, to in.pcm.
func (in *input) decodeNext() bool {
	data, later, ok := in.take()
	if !ok {
		return false
	}
	if data == nil {
		if in.concealed++; in.concealed > concealLimit {
			clear(in.scratch[:in.frame])
		} else if in.decoder.Conceal(in.scratch[:in.frame], in.frame, later) != nil {
			clear(in.scratch[:in.frame])
		}
		in.take48(in.scratch[:in.frame])
		return true
	}
	in.concealed = 0
	n, err := in.decoder.Decode(in.scratch[:], data)
	if err != nil || n <= 0 || n > maxPacket {
		return true // a broken packet: the loop goes on with the next, and ends when there is none
	}
	in.take48(in.scratch[:n])
	return true
}

// take48 appends decoded samples to in.pcm at the mix's rate.
func (in *input) take48(pcm []int16) {
	if in.telephone != nil {
		in.pcm = in.telephone.run(in.pcm, pcm)
		return
	}
	in.pcm = append(in.pcm, pcm...)
}

// take removes the next packet. data is nil when it was lost, later then is the one after it, if it is there. ok is false
// when there is nothing to play yet.
func (in *input) take() (data, later []byte, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	depth := in.depth()
	if !in.playing {
		if depth < startDepth {
			return nil, nil, false
		}
		in.playing = true
	}
	if depth <= 0 {
		in.playing = false // dried up (silence, or the network): gather again
		return nil, nil, false
	}
	for ; depth > maxDepth; depth-- {
		in.present[in.next%ringSize] = false
		in.next++
	}
	i := in.next % ringSize
	in.next++
	if in.present[i] && in.numbers[i] == in.next-1 {
		in.present[i] = false
		in.wait(time.Since(in.arrived[i]))
		in.packet = append(in.packet[:0], in.ring[i]...)
		return in.packet, nil, true
	}
	if j := in.next % ringSize; in.present[j] && in.numbers[j] == in.next {
		in.after = append(in.after[:0], in.ring[j]...)
		return nil, in.after, true
	}
	return nil, nil, true
}

// wait notes how long a packet waited.
func (in *input) wait(d time.Duration) {
	if in.waited == 0 {
		in.waited = d
	}
	in.waited += (d - in.waited) / 32
}

func (in *input) close() { _ = in.decoder.Close() }
