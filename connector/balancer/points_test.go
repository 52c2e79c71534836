package balancer_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector/balancer"
	"parley/connector/internal/vectors"
)

// Point 14: a resolution that is none changes nothing. Point 17: another quality does not end balancing.
func TestBalancingGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		defer s.loop.Close()
		b, sent, _ := rig(s, vectors.Case{})
		var events []string
		m := &balancer.Manager{Balancer: b, Emit: func(name string, _ any) { events = append(events, name) }}
		s.on(t, func() { m.HandleEvent("peerconnection:confirmed") })
		time.Sleep(balancer.StartDelay)
		synctest.Wait()
		s.on(t, func() {
			before := sent.state
			for _, resolution := range []string{"abc", "640", "0x0", "-1x5", "NaNxNaN", "1e9x1e9"} {
				b.Control(balancer.Command{Name: balancer.MaxResolution, Resolution: resolution})
			}
			if !balancer.EqualEncodings(before, sent.state) {
				t.Errorf("encodings %+v", sent.state)
			}
			m.HandleEvent("recv-quality-changed")
		})
		time.Sleep(balancer.StartDelay)
		synctest.Wait()
		s.on(t, func() {
			want := []string{"balancing-scheduled", "balancing-started", "balancing-stopped", "balancing-scheduled", "balancing-started"}
			if !slices.Equal(events, want) {
				t.Errorf("events %v", events)
			}
			m.Stop()
		})
	})
}
