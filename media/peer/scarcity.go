package peer

// scarcity notes by what the encoder does whether a picture's size is too large for the bits it is given. How many that is depends
// on the content: the balancer's table knows only the size. The zero value has seen nothing.
type scarcity struct {
	leftOut   float64 // share of the frames that the encoder left out for want of bits
	quantizer float64 // mean, in the codec's scale
	frames    int
}

const (
	scarcityLearn   = 1.0 / 40 // what a frame weighs: more than a second counts
	scarcityLeftOut = 0.1
	scarcityFine    = 0.4 // of what is coarse
	scarcityFrames  = 40  // before anything is fine
)

// frame notes one that the encoder was given: left out, or coded with a quantizer; negative when that is not known.
func (s *scarcity) frame(out bool, quantizer int) {
	s.frames++
	share := 0.0
	if out {
		share = 1
	}
	s.leftOut += (share - s.leftOut) * scarcityLearn
	if !out && quantizer >= 0 {
		s.quantizer += (float64(quantizer) - s.quantizer) * scarcityLearn
	}
}

// felt tells whether a smaller picture would be the better one: of this one too many frames are left out, or the quantizer is
// at or beyond what the codec's adapter calls coarse; 0 when that is not known.
func (s *scarcity) felt(coarse int) bool {
	return s.leftOut > scarcityLeftOut || coarse > 0 && s.quantizer >= float64(coarse)
}

// far tells whether this size leaves out next to nothing and its pictures are far from coarse.
func (s *scarcity) far(coarse int) bool {
	return s.frames >= scarcityFrames && s.quantizer > 0 && s.leftOut < scarcityLeftOut/2 && s.quantizer < scarcityFine*float64(coarse)
}
