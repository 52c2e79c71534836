package peer

import "parley/connector/rtc"

// Shares of the estimate. Sound comes first; then a presentation, of which people read; a camera gets what is left, but
// never so little that nobody can tell who is there.
const (
	// soundOverhead is what 50 packets a second cost besides what is in them; of a picture's bits, packets take a share.
	soundOverhead   = 50 * 8 * (overhead + 24)
	pictureOverhead = 0.06
	cameraFloor     = 64_000 // bit/s
	cameraShare     = 0.2    // of what sound leaves, while there is little
)

// claims are what the m-lines would send, bit/s; 0 sends nothing.
type claims struct{ sound, presentation, camera float64 }

// divide gives each m-line its part of what may be sent, bit/s. The camera's part may be more than it claims: what others
// leave is nobody else's.
func divide(available float64, c claims) (parts claims) {
	parts.sound = min(c.sound, available)
	left := max(available-parts.sound, 0)
	if c.camera == 0 {
		parts.presentation = left
		return parts
	}
	if c.presentation == 0 {
		parts.camera = left
		return parts
	}
	floor := min(max(cameraFloor, cameraShare*left), left/2)
	parts.presentation = min(c.presentation, left-floor)
	parts.camera = left - parts.presentation
	return parts
}

// budget is what a video slot may use of the estimate, bit/s.
func (p *Conn) budget(slot rtc.Slot) float64 {
	p.mu.Lock()
	l := p.leg
	var c claims
	most := float64(maxBitrate) // that the peer wants to get
	for _, x := range p.lines {
		if x.sending == nil || x.sending.track == nil || !x.agreed.sends() {
			continue
		}
		if x.slot == slot && x.section != nil && x.section.most > 0 {
			most = max(x.section.most, minBitrate)
		}
		switch x.slot {
		case rtc.SlotAudio:
			c.sound = opusBitrate + soundOverhead
		case rtc.SlotMain:
			c.camera = cameraFloor
		case rtc.SlotPresentation:
			c.presentation = bitratePresentation
		}
	}
	p.mu.Unlock()
	if l == nil {
		return 0
	}
	parts := divide(l.estimator.target(), c)
	part := parts.camera
	if slot == rtc.SlotPresentation {
		part = parts.presentation
	}
	return min(max(part*(1-pictureOverhead), minBitrate), most)
}
