package problem

import "testing"

func TestNoControlCharactersReachTheTerminal(t *testing.T) {
	if got := Printable("Busy\x1b]0;x\a\u009b2J\n\u202eü"); got != "Busy ]0;x  2J  ü" {
		t.Errorf("%q", got)
	}
}
