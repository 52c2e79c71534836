package peer

import (
	"time"
)

// Bitrates of the balancer's table (spec connector 9): what a picture of a width deserves, bit/s.
var bitrateByWidth = []struct{ width, bitrate int }{
	{64, 60_000}, {128, 120_000}, {256, 250_000}, {384, 320_000}, {426, 380_000}, {640, 500_000}, {848, 700_000},
	{1280, 1_000_000}, {1920, 2_000_000},
}

const (
	bitrateWider        = 4_000_000
	bitratePresentation = 1_000_000
	factorAV1           = 0.6
)

// tableBitrate is the bitrate of the table for a width in pixels.
func tableBitrate(width int, codec string) float64 {
	bitrate := float64(bitrateWider)
	for _, row := range bitrateByWidth {
		if width <= row.width {
			bitrate = float64(row.bitrate)
			break
		}
	}
	if codec == "AV1" {
		bitrate *= factorAV1
	}
	return bitrate
}

// Steps of the adaptation: each keeps less of the picture or of its motion.
var (
	sizeSteps = []float64{1, 0.75, 0.5, 0.375, 0.25}
	rateSteps = []float64{0, 15, 8, 5} // frames a second; 0 is the source's own
)

// Hysteresis of the adaptation.
const (
	downAfter = 2 * time.Second // far too little for the size for so long
	upAfter   = 4 * time.Second // enough for a larger one for so long
	poor      = 0.35            // of the table's bitrate: a picture below is mush
	plenty    = 0.7             // of the table's bitrate of the next step
	// plentyFine is likewise while pictures of this size come out fine: this content needs less than the table says.
	plentyFine = 0.5
	// Motion is given up last and comes back first: below so much of the table, or from so much on.
	poorMotion   = 0.15
	plentyMotion = 0.25
	overload     = 0.85 // encoding takes so much of a frame's time: the machine is too slow
	// A size of which the encoder made mush is tried again with so much more than it had then, or after a while, the next time
	// after twice as long.
	starvedMore  = 1.2
	starvedFirst = 30 * time.Second
	starvedMost  = 4 * time.Minute
)

// adaptation decides how much of the source's size and rate is sent.
type adaptation struct {
	size, rate   int // indexes in sizeSteps and rateSteps
	downSince    time.Time
	upSince      time.Time
	reason       string // "bandwidth", "cpu"; of the last step down
	rising       bool   // the last step was one up
	cpuLimitedAt time.Time
	// The bitrate with which a size was mush, bit/s, and until when that speaks against it and larger ones.
	starvedSize  int
	starvedWith  float64
	starvedUntil time.Time
	starvedFor   time.Duration
}

// conditions of one decision.
type conditions struct {
	target    float64 // bit/s that may be sent
	width     int     // of the source after its encoding limits, pixels
	frameRate float64 // of the source
	codec     string
	load      float64 // share of a frame's time that encoding takes
	scarce    bool    // the encoder makes mush of this size, whatever the table says
	fine      bool    // it makes fine pictures of this size, whatever the table says
	fixedRate float64 // bit/s that the full picture deserves when the table does not count (presentation)
	keepSize  bool    // drop frames before pixels: text must stay sharp
	balanced  bool
}

func (c *conditions) need(size, rate int) float64 {
	need := tableBitrate(int(float64(c.width)*sizeSteps[size]), c.codec)
	if c.fixedRate > 0 {
		need = c.fixedRate * sizeSteps[size] * sizeSteps[size]
	}
	if limit := rateSteps[rate]; limit > 0 && c.frameRate > limit {
		// Half the frames need more than half the bits: motion between them is larger.
		need *= 0.25 + 0.75*limit/c.frameRate
	}
	return need
}

// update takes the conditions of now and tells whether size or rate changed.
func (a *adaptation) update(now time.Time, c conditions) bool {
	least := poor
	if a.size == len(sizeSteps)-1 && !c.keepSize && !c.balanced {
		least = poorMotion // only motion is left to be given up
	}
	short := c.target < least*c.need(a.size, a.rate)
	starving := c.scarce && !c.keepSize && a.size < len(sizeSteps)-1
	short = short || starving
	busy := c.load > overload
	if short || busy {
		a.upSince = time.Time{}
		if a.downSince.IsZero() {
			a.downSince = now
			return false
		}
		after := downAfter
		switch need := least * c.need(a.size, a.rate); {
		case c.target < need/3: // Each picture of this size takes longer on its way than many of a smaller one.
			after = downAfter / 4
		case starving || c.target < need/2:
			after = downAfter / 2
		}
		if now.Sub(a.downSince) < after {
			return false
		}
		a.downSince = time.Time{}
		a.reason = "bandwidth" // of both the first to be told, as the standard wants it
		if busy {
			a.cpuLimitedAt = now
			if !short {
				a.reason = "cpu"
			}
		}
		if starving {
			a.starve(now, c.target)
		}
		a.rising = false
		changed := a.down(c)
		// As far as must be: each step alone would take its time, with few and poor pictures meanwhile.
		for short && !c.keepSize && !c.balanced && a.size < len(sizeSteps)-1 && c.target < poor*c.need(a.size, a.rate) {
			a.size++
		}
		return changed
	}
	a.downSince = time.Time{}
	if a.size == 0 && a.rate == 0 {
		a.reason = ""
		return false
	}
	// After the machine was too slow, try more only after a while, and only when there is room.
	if !a.hasRoom(now, c) || c.load > overload/2 || now.Sub(a.cpuLimitedAt) < 30*time.Second {
		a.upSince = time.Time{}
		return false
	}
	if a.upSince.IsZero() {
		a.upSince = now
		return false
	}
	after := upAfter
	if a.rising || c.fine {
		after /= 2 // the last step up did no harm, or this one will hardly do any
	}
	if now.Sub(a.upSince) < after {
		return false
	}
	a.rising = true
	a.upSince = time.Time{}
	a.size, a.rate = a.above(c)
	for a.size > 0 || a.rate > 0 { // as far as there is room: a bottleneck that went away must not be felt for long
		c.fine = false // said of the size before
		if !a.hasRoom(now, c) {
			break
		}
		a.size, a.rate = a.above(c)
	}
	if a.size == 0 && a.rate == 0 {
		a.reason = ""
	}
	return true
}

// down takes one step. Text gives up motion first, a camera pixels; balanced takes turns.
func (a *adaptation) down(c conditions) bool {
	lastSize, lastRate := a.size == len(sizeSteps)-1, a.rate == len(rateSteps)-1
	rateFirst := c.keepSize || c.balanced && a.rate <= a.size
	switch {
	case lastSize && lastRate:
		return false
	case rateFirst && !lastRate || lastSize:
		a.rate++
	default:
		a.size++
	}
	return true
}

// starve notes that the size there is was mush while so much was allowed, bit/s. The encoder may have got less, what the table says
// of the size: more room changes nothing then.
func (a *adaptation) starve(now time.Time, with float64) {
	again := a.starvedFor > 0 && with <= starvedMore*a.starvedWith && now.Sub(a.starvedUntil) < starvedMost
	if a.starvedFor = min(2*a.starvedFor, starvedMost); !again {
		a.starvedFor = starvedFirst // another content, or long ago
	}
	a.starvedSize, a.starvedWith, a.starvedUntil = a.size, with, now.Add(a.starvedFor)
}

// hasRoom tells whether the target is enough for the next step up.
func (a *adaptation) hasRoom(now time.Time, c conditions) bool {
	size, rate := a.above(c)
	if size < a.size && size <= a.starvedSize && c.target < starvedMore*a.starvedWith && now.Before(a.starvedUntil) {
		return false
	}
	return c.target >= a.enough(size, c.fine)*c.need(size, rate)
}

// enough is the share of what the next step needs at which it is taken. Motion comes back earlier than pixels.
func (a *adaptation) enough(size int, fine bool) float64 {
	switch {
	case size == a.size:
		return plentyMotion
	case fine:
		return plentyFine
	}
	return plenty
}

// above is the step that down would have come from.
func (a *adaptation) above(c conditions) (size, rate int) {
	size, rate = a.size, a.rate
	sizeFirst := c.keepSize || c.balanced && a.size >= a.rate
	switch {
	case sizeFirst && size > 0 || rate == 0:
		size--
	default:
		rate--
	}
	return size, rate
}

// scaled is the size to encode: the source's divided by the encoding's scale, within the limits, times the adaptation's
// step; even, and at least 16 pixels, which every encoder takes.
func scaled(width, height, maxWidth, maxHeight int, scaleDown, step float64) (w, h int) {
	factor := step
	if scaleDown > 1 {
		factor /= scaleDown
	}
	fw, fh := float64(width)*factor, float64(height)*factor
	if maxWidth > 0 && fw > float64(maxWidth) {
		fh *= float64(maxWidth) / fw
		fw = float64(maxWidth)
	}
	if maxHeight > 0 && fh > float64(maxHeight) {
		fw *= float64(maxHeight) / fh
		fh = float64(maxHeight)
	}
	return max(16, int(fw+0.5)&^1), max(16, int(fh+0.5)&^1)
}
