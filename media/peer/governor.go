package peer

// Bounds of the growth of an estimate that is not used.
const (
	usedHeadroom = 1.5     // beyond what is sent
	usedBase     = 300_000 // bit/s that are believed in on top
)

// governor keeps an estimate from running away while little is sent: pion's grows as long as nothing speaks against it,
// and nothing does while the application has nothing to send. Less is believed at once, more only as far as it was tried.
type governor struct {
	rate float64 // bit/s; 0: none yet
}

// update takes the estimate and what was sent in the last second, bit/s, and returns what to believe in.
func (g *governor) update(estimate, sent float64) float64 {
	if g.rate == 0 || estimate < g.rate {
		g.rate = estimate
		return g.rate
	}
	g.rate = min(estimate, max(g.rate, usedHeadroom*sent+usedBase))
	return g.rate
}
