package peer

import "testing"

// A receiver asks for the codec while it holds its own lock; statistics take a receiver's lock while they hold the
// connection's. If the answer needed the connection's lock, both would wait for ever (a call stood still once).
func TestTheCodecOfAPacketNeedsNoLockOfTheConnection(t *testing.T) {
	var p Conn
	p.receive.set(96, "VP8")
	p.mu.Lock()
	defer p.mu.Unlock()
	if got := p.codecOf(96); got != "VP8" {
		t.Errorf("96 is %q", got)
	}
	if got := p.codecOf(97); got != "" {
		t.Errorf("97 is %q", got)
	}
}
