package views_test

import "testing"

func TestThePagesOfTheDiagnosticsAreTurnedByKeys(t *testing.T) {
	s, d := diagnosing(t, &inspected{})
	s.silent("Filter by name or content")
	d.Turn(1)
	s.says("Filter by name or content")
	d.TurnWithin(1) // there is nothing within
	s.says("Filter by name or content")
	d.Turn(-1)
	d.Turn(-1)
	s.says("Break something on purpose") // round to the last one
	for range 3 {
		d.Turn(1)
	}
	s.says("Statistics come once a second during a call.")
}
