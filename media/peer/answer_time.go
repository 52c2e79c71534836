package peer

import "time"

// answerTime is how long answers to requests for lost packets take. Zero value: none came.
type answerTime struct {
	mean   time.Duration
	spread time.Duration // how far they are from the mean, on average
}

// known tells whether there was an answer.
func (a *answerTime) known() bool { return a.mean > 0 }

// learn from one that took so long.
func (a *answerTime) learn(took time.Duration) {
	if !a.known() {
		a.mean, a.spread = max(took, 1), took/2
		return
	}
	off := took - a.mean
	a.mean = max(a.mean+off/8, 1)
	a.spread += (max(off, -off) - a.spread) / 4
}

// nearlyAll is what hardly an answer exceeds.
func (a *answerTime) nearlyAll() time.Duration { return a.mean + 2*a.spread }
