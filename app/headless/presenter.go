package headless

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"parley/app/cli"
	"parley/app/problem"
	"parley/connector"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/media/device"
)

// sharer is what a presenter needs of the connector.
type sharer interface {
	StartPresentation(context.Context, rtc.LocalTrack, connector.PresentationOptions) error
	StopPresentation(context.Context) error
}

// presenter starts and stops the presentation at its times. What takes time runs beside the call, which may end, or be
// cut off and restored, meanwhile; its methods belong to the goroutine that waits in stay.
type presenter struct {
	connector sharer
	call      cli.Call
	logger    *slog.Logger
	open      func() (*device.VideoTrack, error)
	track     *device.VideoTrack // of the next start; a started one belongs to the connector
	given     []*device.VideoTrack
	timer     *time.Timer // nil: nothing more to come
	presents  bool        // it was started and is not to be stopped yet
	busy      bool        // a start or stop is under way
	restored  bool        // the call came back while something was under way
	cancel    context.CancelFunc
	outcome   chan error // of the start or stop under way
}

func newPresenter(c sharer, call cli.Call, track *device.VideoTrack, logger *slog.Logger) *presenter {
	p := &presenter{connector: c, call: call, logger: logger, track: track, outcome: make(chan error, 1),
		open: func() (*device.VideoTrack, error) { return openShare(call, logger) }}
	if call.Shares() {
		p.timer = time.NewTimer(call.ShareAfter)
	}
	return p
}

// due fires when something is to be done, not while something is under way.
func (p *presenter) due() <-chan time.Time {
	if p.timer == nil || p.busy {
		return nil
	}
	return p.timer.C
}

// next starts, or stops what was started.
func (p *presenter) next(ctx context.Context) {
	p.timer = nil
	if p.presents {
		p.presents = false
		p.do(ctx, func(ctx context.Context) error {
			return problemOrNil("could not stop presenting", p.connector.StopPresentation(ctx))
		})
		return
	}
	p.presents = true
	if p.call.ShareFor > 0 {
		p.timer = time.NewTimer(p.call.ShareFor)
	}
	p.start(ctx)
}

func (p *presenter) start(ctx context.Context) {
	p.restored = false
	track := p.track
	p.track = nil
	if track == nil {
		var err error
		if track, err = p.open(); err != nil {
			p.outcome <- err
			p.busy = true
			return
		}
	}
	p.given = append(p.given, track)
	track.SetEnabled(true)
	p.do(ctx, func(ctx context.Context) error {
		return p.connector.StartPresentation(ctx, track, connector.PresentationOptions{})
	})
}

// callRestored presents again: the presentation ended with the call that was cut off.
func (p *presenter) callRestored(ctx context.Context) {
	if p.busy {
		p.restored = true
		return
	}
	if p.presents {
		p.start(ctx)
	}
}

func (p *presenter) do(ctx context.Context, step func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	p.busy, p.cancel = true, cancel
	go func() { p.outcome <- step(ctx) }()
}

// settle takes an outcome. A call that is gone is no failure of the presentation: it is over, which is reported by itself,
// or it is being restored.
func (p *presenter) settle(ctx context.Context, err error) error {
	p.busy = false
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return nil
	case errors.Is(err, presentation.ErrNoCall), errors.Is(err, presentation.ErrCallOver):
		p.logger.Info("the presentation waits for the call", "error", err)
		if p.restored && p.presents {
			p.restored = false
			p.start(ctx)
		}
		return nil
	}
	return problem.New("could not present", err)
}

// stop gives up what is under way and waits until what was shown is captured no more.
func (p *presenter) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
	if p.busy {
		if p.cancel != nil {
			p.cancel()
		}
		<-p.outcome
	}
	for _, track := range p.given {
		track.Stop()
		<-track.Released()
	}
}
