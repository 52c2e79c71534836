// Package conceal fills the gaps of codecs that do not do it themselves, by the pitch of what was heard last (as in
// Appendix I of ITU-T G.711).
package conceal

// In thousandths of a second unless said otherwise. The pitch of a voice lies between 66 and 200 Hz.
const (
	shortestPitch = 5
	longestPitch  = 15
	window        = 20 // how much is compared to find the pitch
	overlap       = 4  // of the cross-fade
	hold          = 10 // concealment is at full volume so long,
	fade          = 50 // then fades to silence over so long
)

// Concealer of one channel repeats the last pitch period, fades out when the loss lasts, and fades back into what is
// received. Not for concurrent use.
type Concealer struct {
	rate    int     // samples in a thousandth of a second
	history []int16 // what was played last, all that is needed to go on from
	filled  int
	cycle   []int16 // room for the period that is repeated
	period  int     // samples, 0 when nothing is concealed
	lost    int     // samples concealed in this loss
	step    int     // from the last sample played to where the cycle would go on
}

// New makes one for a sample rate in Hz, a multiple of 1000.
func New(sampleRate int) *Concealer {
	rate := sampleRate / 1000
	return &Concealer{rate: rate, history: make([]int16, (longestPitch+window)*rate), cycle: make([]int16, longestPitch*rate)}
}

// Received keeps the samples for a later loss, and after one fades from the concealment into them.
func (c *Concealer) Received(pcm []int16) {
	if c.period > 0 {
		n := min(overlap*c.rate, len(pcm))
		for i := range n {
			pcm[i] = int16((int(c.next())*(n-i) + int(pcm[i])*i) / n)
		}
		c.period, c.lost = 0, 0
	}
	c.remember(pcm)
}

func (c *Concealer) remember(pcm []int16) {
	size := len(c.history)
	if len(pcm) >= size {
		copy(c.history, pcm[len(pcm)-size:])
	} else {
		copy(c.history, c.history[len(pcm):])
		copy(c.history[size-len(pcm):], pcm)
	}
	c.filled = min(c.filled+len(pcm), size)
}

// Conceal fills pcm with what may have been lost.
func (c *Concealer) Conceal(pcm []int16) {
	if c.filled < len(c.history) { // too little was heard to go on from
		clear(pcm)
		c.remember(pcm)
		return
	}
	if c.period == 0 {
		c.begin()
	}
	for i := range pcm {
		pcm[i] = c.next()
	}
	c.remember(pcm)
}

// begin takes the last period as the cycle, its end cross-faded into what came before it, so that it joins to itself.
func (c *Concealer) begin() {
	size, n := len(c.history), overlap*c.rate
	c.period = c.pitch()
	copy(c.cycle[:c.period], c.history[size-c.period:])
	end, before := c.cycle[c.period-n:c.period], c.history[size-c.period-n:]
	for i := range n {
		end[i] = int16((int(end[i])*(n-1-i) + int(before[i])*i) / (n - 1))
	}
	c.step = int(c.history[size-1]) - int(c.history[size-c.period-1])
}

// next is the next sample of the concealment.
func (c *Concealer) next() int16 {
	begins, full, fades := overlap*c.rate, hold*c.rate, fade*c.rate
	v := int(c.cycle[c.lost%c.period])
	if c.lost < begins { // no jump at the start
		v += c.step * (begins - c.lost) / begins
	}
	if c.lost > full {
		v = v * max(0, fades-(c.lost-full)) / fades
	}
	c.lost = min(c.lost+1, full+fades) // silent from there on
	return int16(min(max(v, -32768), 32767))
}

// pitch finds the lag at which the last samples resemble themselves most, by normalised correlation.
func (c *Concealer) pitch() int {
	size, compared := len(c.history), window*c.rate
	best, period := -1.0, longestPitch*c.rate
	last := c.history[size-compared:]
	for lag := shortestPitch * c.rate; lag <= longestPitch*c.rate; lag++ {
		var cross, energy float64
		earlier := c.history[size-compared-lag:]
		for i, s := range last {
			cross += float64(s) * float64(earlier[i])
			energy += float64(earlier[i]) * float64(earlier[i])
		}
		if cross <= 0 || energy == 0 {
			continue
		}
		if r := cross * cross / energy; r > best*1.0001 {
			best, period = r, lag
		}
	}
	return period
}
