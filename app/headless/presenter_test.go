package headless

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/app/cli"
	"parley/connector"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/media/device"
)

// fakeSharer answers starts one after another; hold makes a start wait for its context.
type fakeSharer struct {
	mu      sync.Mutex
	answers []error
	hold    bool
	starts  int
	stops   int
}

func (f *fakeSharer) StartPresentation(ctx context.Context, track rtc.LocalTrack, _ connector.PresentationOptions) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts++
	if f.hold {
		<-ctx.Done()
		return ctx.Err()
	}
	if len(f.answers) == 0 {
		return nil
	}
	err := f.answers[0]
	f.answers = f.answers[1:]
	return err
}

func (f *fakeSharer) StopPresentation(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stops++
	return nil
}

func newTestPresenter(t *testing.T, f *fakeSharer, call cli.Call) *presenter {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	open := func() (*device.VideoTrack, error) {
		return device.OpenVideoTrack("pattern", device.VideoOptions{Width: 64, Height: 48, FPS: 5}, device.TrackOptions{Logger: logger})
	}
	track, err := open()
	if err != nil {
		t.Fatal(err)
	}
	p := newPresenter(f, call, track, logger)
	p.open = open
	return p
}

func TestPresenterKeepsItsTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSharer{}
		p := newTestPresenter(t, f, cli.Call{Share: "screen", ShareAfter: 5 * time.Second, ShareFor: 10 * time.Second})
		defer p.stop()
		began := time.Now()
		for _, want := range []time.Duration{5 * time.Second, 15 * time.Second} {
			<-p.due()
			if at := time.Since(began); at != want {
				t.Errorf("due after %v, want %v", at, want)
			}
			p.next(t.Context())
			if err := p.settle(t.Context(), <-p.outcome); err != nil {
				t.Error(err)
			}
		}
		if f.starts != 1 || f.stops != 1 || p.due() != nil {
			t.Errorf("%d starts, %d stops", f.starts, f.stops)
		}
	})
}

// A server that never answers the request for permission does not hold up the end of the run.
func TestPresenterDoesNotHoldUpTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSharer{hold: true}
		p := newTestPresenter(t, f, cli.Call{Share: "screen"})
		<-p.due()
		p.next(t.Context())
		select {
		case err := <-p.outcome:
			t.Errorf("settled with %v", err)
		case <-time.After(time.Minute):
		}
		p.stop() // returns: the start is given up
	})
}

// A presentation that is due while the call is cut off, or was running then, goes on when the call is restored.
func TestPresenterGoesOnAfterARedial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeSharer{answers: []error{presentation.ErrNoCall, nil, presentation.ErrCallOver}}
		p := newTestPresenter(t, f, cli.Call{Share: "screen"})
		defer p.stop()
		ctx := t.Context()
		settle := func() {
			t.Helper()
			if err := p.settle(ctx, <-p.outcome); err != nil {
				t.Error(err)
			}
		}
		<-p.due()
		p.next(ctx) // there is no call
		settle()
		p.callRestored(ctx) // now there is
		settle()
		p.callRestored(ctx) // cut off while it presented, and back
		p.callRestored(ctx) // and once more before that start has settled
		settle()            // ErrCallOver: it starts again by itself
		settle()
		if f.starts != 4 {
			t.Errorf("%d starts, want 4", f.starts)
		}
	})
}
