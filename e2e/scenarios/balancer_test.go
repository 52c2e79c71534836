package scenarios

import (
	"testing"
	"time"

	"parley/connector"
	"parley/connector/balancer"
)

// The moderator's commands for the main camera change what is sent, in size and bitrate, as the room measures it and as the
// others see it.
func TestBalancerCommands(t *testing.T) {
	s := newStage(t, nil)
	a := s.newParty(ann, options{noisy: true, width: 640, height: 360, config: func(c *connector.Config) { c.Balancer.Delay = 100 * time.Millisecond }})
	b := s.newParty(ben, options{})
	a.joins(hall)
	b.joins(hall)
	a.expects(0, "video-balancer:balancing-started")
	b.seesSize(a, 640, 360)
	full := s.rate(ann)
	for _, step := range []struct {
		command       string
		width, height int
		limit         float64 // bit/s: the table's for the width
	}{
		{"camera-limit ann 320x180", 320, 180, 320_000},
		{"camera-pause ann", 16, 16, 60_000},
		{"camera-resume ann", 640, 360, 500_000},
	} {
		mark := a.log.mark()
		s.tell(step.command)
		a.expects(mark, "api:main-cam-control")
		applied, _ := a.hears(mark, "video-balancer:parameters-updated", nil).data.([]balancer.Encoding)
		if len(applied) != 1 || applied[0].MaxBitrate == nil || *applied[0].MaxBitrate != step.limit {
			t.Errorf("%s: %+v was applied, want a limit of %.0f", step.command, applied, step.limit)
		}
		b.seesSize(a, step.width, step.height)
		rate := s.rate(ann)
		t.Logf("%s: %d×%d at %.0f bit/s, before %.0f bit/s", step.command, step.width, step.height, rate, full)
		// A second with a key frame in it, or one in which a busy machine let frames wait, has more than its share.
		if rate == 0 || rate > 1.6*step.limit {
			t.Errorf("%s: %.0f bit/s, want at most %.0f", step.command, rate, step.limit)
		}
		if step.width == 16 && rate > full/2 && !a.limited() {
			t.Errorf("%s: %.0f bit/s, with the full picture %.0f", step.command, rate, full)
		}
	}
	// What is no resolution changes nothing.
	mark := a.log.mark()
	s.tell("camera-limit ann 0xNaN")
	a.expects(mark, "api:main-cam-control")
	b.seesSize(a, 640, 360)
}

// seesSize waits for a main picture of a size. A sender whose machine or network is too slow for it (a busy machine in a test,
// say) sends a smaller one, no less than a quarter of it, and says so.
func (p *party) seesSize(sender *party, width, height int) {
	p.t.Helper()
	_, err := p.main.until(p.ctx, func(s sight) bool {
		if s.width == width && s.height == height {
			return true
		}
		return s.width < width && 4*s.width >= width && sender.limited()
	})
	if err != nil {
		p.t.Fatalf("%s sees no picture of %d×%d: %v", p.user, width, height, err)
	}
}

// limited tells whether a sender cannot send its camera's picture as it is asked to.
func (p *party) limited() bool {
	stats, err := p.Stats(p.ctx)
	if err != nil || stats.Outbound.Video == nil {
		return false
	}
	reason := stats.Outbound.Video.QualityLimitation
	if reason == "" || reason == "none" {
		return false
	}
	p.t.Logf("%s sends %d×%d: limited by %s", p.user, stats.Outbound.Video.FrameWidth, stats.Outbound.Video.FrameHeight, reason)
	return true
}

// rate is what the room receives of a user's camera in a whole second from now, bit/s. The room measures once a second; the
// first measure holds some of the time before.
func (s *stage) rate(user string) float64 {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	last, measures := -1, 0
	for deadline := time.Now().Add(patience); ; <-tick.C {
		if v := s.participant(user).State.Video; v != nil && v.Bitrate != last {
			if measures++; measures == 3 {
				return float64(v.Bitrate)
			}
			last = v.Bitrate
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the room receives %+v of %s", s.participant(user).State.Video, user)
		}
	}
}

// requests that came over a user's sockets, by method.
func (s *stage) requests(user string) map[string]int {
	s.t.Helper()
	sum := map[string]int{}
	for _, socket := range s.server.Moderate().Sockets() {
		for _, name := range socket.Users {
			if name == user {
				for method, n := range socket.Requests {
					sum[method] += n
				}
			}
		}
	}
	return sum
}
