package health_test

import (
	"slices"
	"testing"

	"parley/connector/health"
)

// Point 13: another reason resolves the first problem, then counts anew.
func TestAnotherReason(t *testing.T) {
	var events []string
	m, err := health.NewMonitor(func(name string, data any) {
		switch d := data.(type) {
		case health.Detected:
			events = append(events, "detected "+string(d.Reason))
		case health.Resolved:
			events = append(events, "resolved "+string(d.Reason))
		}
	}, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []health.Snapshot{{Stalled: true}, {Stalled: true}, {NoTraffic: true}, {NoTraffic: true}, {}} {
		m.Add(s)
	}
	want := []string{"detected inbound-video-stalled", "resolved inbound-video-stalled", "detected no-inbound-video-traffic",
		"resolved no-inbound-video-traffic"}
	if !slices.Equal(events, want) {
		t.Errorf("events %v", events)
	}
}
