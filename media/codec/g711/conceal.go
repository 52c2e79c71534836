package g711

// In samples at 8 kHz. The pitch of a voice lies between 66 and 200 Hz, as in Appendix I of G.711.
const (
	shortestPitch = 40
	longestPitch  = 120
	window        = 160 // how much is compared to find the pitch
	historySize   = longestPitch + window
	overlap       = 32  // 4 ms of cross-fade
	hold          = 80  // concealment is at full volume so long,
	fade          = 400 // then fades to silence over so long
)

// concealer repeats the last pitch period, fades out when the loss lasts, and fades back into what is received.
type concealer struct {
	history [historySize]int16 // what was played last
	filled  int
	cycle   [longestPitch]int16 // the period that is repeated
	period  int                 // samples, 0 when nothing is concealed
	lost    int                 // samples concealed in this loss
	step    int                 // from the last sample played to where the cycle would go on
}

// received keeps the samples for a later loss, and after one fades from the concealment into them.
func (c *concealer) received(pcm []int16) {
	if c.period > 0 {
		n := min(overlap, len(pcm))
		for i := range n {
			pcm[i] = int16((int(c.next())*(n-i) + int(pcm[i])*i) / n)
		}
		c.period, c.lost = 0, 0
	}
	c.remember(pcm)
}

func (c *concealer) remember(pcm []int16) {
	if len(pcm) >= historySize {
		copy(c.history[:], pcm[len(pcm)-historySize:])
	} else {
		copy(c.history[:], c.history[len(pcm):])
		copy(c.history[historySize-len(pcm):], pcm)
	}
	c.filled = min(c.filled+len(pcm), historySize)
}

func (c *concealer) conceal(pcm []int16) {
	if c.filled < historySize { // too little was heard to go on from
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
func (c *concealer) begin() {
	c.period = c.pitch()
	copy(c.cycle[:c.period], c.history[historySize-c.period:])
	end, before := c.cycle[c.period-overlap:c.period], c.history[historySize-c.period-overlap:]
	for i := range overlap {
		end[i] = int16((int(end[i])*(overlap-1-i) + int(before[i])*i) / (overlap - 1))
	}
	c.step = int(c.history[historySize-1]) - int(c.history[historySize-c.period-1])
}

// next is the next sample of the concealment.
func (c *concealer) next() int16 {
	v := int(c.cycle[c.lost%c.period])
	if c.lost < overlap { // no jump at the start
		v += c.step * (overlap - c.lost) / overlap
	}
	if c.lost > hold {
		v = v * max(0, fade-(c.lost-hold)) / fade
	}
	c.lost = min(c.lost+1, hold+fade) // silent from there on
	return int16(min(max(v, -32768), 32767))
}

// pitch finds the lag at which the last samples resemble themselves most, by normalised correlation.
func (c *concealer) pitch() int {
	best, period := -1.0, longestPitch
	last := c.history[historySize-window:]
	for lag := shortestPitch; lag <= longestPitch; lag++ {
		var cross, energy float64
		earlier := c.history[historySize-window-lag:]
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
