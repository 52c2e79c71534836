// Package stress starts and stops a presentation over and over, for those who test a server or this program.
package stress

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Presenter starts and stops a presentation.
type Presenter interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

// Options of Run.
type Options struct {
	Count int           // rounds, 1 to MaxCount
	Hold  time.Duration // between start and stop
	Pause time.Duration // between stop and the next start
}

// Limits of Options.
const (
	MaxCount = 10_000
	MaxPause = 10 * time.Minute
)

// ErrOptions is wrapped by what is wrong with the options.
var ErrOptions = errors.New("stress test")

// Check says what is wrong with the options.
func (o Options) Check() error {
	switch {
	case o.Count < 1 || o.Count > MaxCount:
		return fmt.Errorf("%w: %d is not between 1 and %d rounds", ErrOptions, o.Count, MaxCount)
	case o.Hold < 0 || o.Hold > MaxPause || o.Pause < 0 || o.Pause > MaxPause:
		return fmt.Errorf("%w: pauses are between 0 and %v", ErrOptions, MaxPause)
	}
	return nil
}

// Result so far.
type Result struct {
	Rounds, Started, Stopped int
	Failed                   int   // rounds in which start or stop failed
	First                    error // the first failure
	// How long the starts that succeeded took.
	Shortest, Longest, Total time.Duration
	Done                     bool // all rounds were run
}

// Mean time of a start.
func (r Result) Mean() time.Duration {
	if r.Started == 0 {
		return 0
	}
	return r.Total / time.Duration(r.Started)
}

// Run goes through the rounds and reports after each. A round that fails does not end the test; ctx does, and what is
// presented then is stopped.
func Run(ctx context.Context, p Presenter, o Options, progress func(Result)) (Result, error) {
	var r Result
	if err := o.Check(); err != nil {
		return r, err
	}
	for range o.Count {
		r.round(ctx, p, o.Hold)
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		r.Done = r.Rounds == o.Count
		progress(r)
		if !r.Done && !wait(ctx, o.Pause) {
			return r, ctx.Err()
		}
	}
	return r, nil
}

// stopTime bounds the stop of a round that was cancelled.
const stopTime = 10 * time.Second

func (r *Result) round(ctx context.Context, p Presenter, hold time.Duration) {
	r.Rounds++
	begun := time.Now()
	if err := p.Start(ctx); err != nil {
		r.fail(fmt.Errorf("start of round %d: %w", r.Rounds, err))
		return
	}
	took := time.Since(begun)
	if r.Started == 0 || took < r.Shortest {
		r.Shortest = took
	}
	r.Longest = max(r.Longest, took)
	r.Total += took
	r.Started++
	wait(ctx, hold)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := p.Stop(stopping); err != nil {
		r.fail(fmt.Errorf("stop of round %d: %w", r.Rounds, err))
		return
	}
	r.Stopped++
}

func (r *Result) fail(err error) {
	r.Failed++
	if r.First == nil {
		r.First = err
	}
}

// wait tells whether the time passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
