//go:build linux || freebsd || openbsd || netbsd

package window

import (
	"slices"
	"sync"
)

// maxNotes is how many notes on the desktop are remembered; the oldest is forgotten for another.
const maxNotes = 16

// ourNotes are the numbers of the notes that the desktop shows for us: it tells everybody which one was pressed. Its methods
// may be called from any goroutine.
type ourNotes struct {
	mu      sync.Mutex
	numbers []uint32
}

// add a number; one that is there stays, as a note that took another's place has its number.
func (o *ourNotes) add(number uint32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if slices.Contains(o.numbers, number) {
		return
	}
	if len(o.numbers) == maxNotes {
		o.numbers = slices.Delete(o.numbers, 0, 1)
	}
	o.numbers = append(o.numbers, number)
}

// take a number away; false: it is not ours.
func (o *ourNotes) take(number uint32) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.Index(o.numbers, number)
	if i < 0 {
		return false
	}
	o.numbers = slices.Delete(o.numbers, i, i+1)
	return true
}
