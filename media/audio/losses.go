package audio

// losses follows what share of the packets the network lost, repaired or not. Zero value is ready.
type losses struct {
	share    float64
	frequent bool // enough to wait for what repairs them
}

// note a packet that was lost or not.
func (l *losses) note(lost bool) {
	l.share -= l.share / lossMemory
	if lost {
		l.share += 1.0 / lossMemory
	}
	switch {
	case l.share > often:
		l.frequent = true
	case l.share < rarely:
		l.frequent = false
	}
}
