package stress

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// presenter takes its time and fails in chosen rounds.
type presenter struct {
	starts, stops    int
	failStart        map[int]bool
	failStop         map[int]bool
	presenting, both bool
}

var errRefused = errors.New("603 Decline")

func (p *presenter) Start(ctx context.Context) error {
	p.starts++
	p.both = p.both || p.presenting
	time.Sleep(time.Duration(p.starts) * 10 * time.Millisecond)
	if p.failStart[p.starts] {
		return errRefused
	}
	p.presenting = true
	return ctx.Err()
}

func (p *presenter) Stop(ctx context.Context) error {
	p.stops++
	p.presenting = false
	if p.failStop[p.starts] {
		return errRefused
	}
	return ctx.Err()
}

// Presentations are started and stopped as often and with the pauses asked for.
func TestRoundsWithTheirPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &presenter{}
		begun := time.Now()
		var seen []int
		r, err := Run(t.Context(), p, Options{Count: 3, Hold: time.Second, Pause: 2 * time.Second}, func(r Result) { seen = append(seen, r.Rounds) })
		if err != nil || !r.Done || r.Started != 3 || r.Stopped != 3 || r.Failed != 0 || p.both {
			t.Fatalf("got %+v, %v", r, err)
		}
		if len(seen) != 3 || r.Shortest != 10*time.Millisecond || r.Longest != 30*time.Millisecond || r.Mean() != 20*time.Millisecond {
			t.Errorf("progress %v, %+v", seen, r)
		}
		// Three starts of 10, 20 and 30 ms, three holds, and a pause after all rounds but the last.
		if took := time.Since(begun); took != 60*time.Millisecond+3*time.Second+4*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// Failures are counted and the test goes on.
func TestFailuresAreCountedAndTheTestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &presenter{failStart: map[int]bool{1: true}, failStop: map[int]bool{2: true}}
		r, err := Run(t.Context(), p, Options{Count: 3}, func(Result) {})
		if err != nil || !r.Done || r.Rounds != 3 || r.Started != 2 || r.Stopped != 1 || r.Failed != 2 || !errors.Is(r.First, errRefused) {
			t.Errorf("got %+v, %v", r, err)
		}
	})
}

// A test that is cancelled stops presenting.
func TestCancelledTestStopsPresenting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p := &presenter{}
		r, err := Run(ctx, p, Options{Count: 10, Hold: 5 * time.Minute}, func(Result) { t.Error("a round ended") })
		if !errors.Is(err, context.DeadlineExceeded) || r.Done || p.presenting || p.stops != 1 {
			t.Errorf("got %+v, %v, %d stops", r, err, p.stops)
		}
	})
}

// Options out of bounds are refused.
func TestOptions(t *testing.T) {
	for _, o := range []Options{{}, {Count: MaxCount + 1}, {Count: 1, Hold: -1}, {Count: 1, Pause: MaxPause + 1}} {
		if _, err := Run(t.Context(), &presenter{}, o, nil); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}
