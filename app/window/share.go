package window

import (
	"context"
	"errors"
	"image"

	"parley/connector"
	"parley/connector/presentation"
	"parley/connector/rtc"
	"parley/media/device"
	"parley/views"
)

// shared is what is shared now.
type shared struct {
	track  rtc.LocalTrack
	name   string // for people
	paused bool   // a window that is minimised: others see its last picture
}

// ShareSources implements views.Actions.
func (c *controller) ShareSources(context.Context) ([]views.ShareSource, error) {
	return c.media.Sources()
}

// Thumbnails implements views.Actions.
func (c *controller) Thumbnails(width, height int, show func(id string, picture image.Image)) views.Thumbnails {
	return c.media.Thumbnails(width, height, func(word string, picture *image.RGBA) {
		if picture == nil {
			show(word, nil) // not a nil *image.RGBA, which is no nil image
			return
		}
		show(word, picture)
	})
}

// ShareScreen implements views.Actions. What was shared before goes on until the new source has its place.
func (c *controller) ShareScreen(ctx context.Context, s views.Share) error {
	o := connector.PresentationOptions{ContentHint: "detail", MaxBitrate: c.store.Settings().PresentLimit * 1000}
	if s.Motion {
		o.ContentHint, o.DegradationPreference = "motion", "maintain-framerate"
	}
	return c.present(ctx, o, s.Name, func(next *shared) (rtc.LocalTrack, error) {
		return c.media.Screen(s, ScreenOptions{
			Lost:   func(reason error) { c.shareLost(next, reason) },
			Paused: func(paused bool) { c.sharePaused(next, paused) },
		})
	})
}

// present opens a picture and presents it under a name for people, which may be empty.
func (c *controller) present(ctx context.Context, o connector.PresentationOptions, name string,
	open func(next *shared) (rtc.LocalTrack, error)) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	next := &shared{name: name}
	track, err := open(next)
	if err != nil {
		return err
	}
	if track == nil {
		return views.ErrNoScreen
	}
	next.track = track
	c.mu.Lock()
	before := c.shared
	switching := before != nil && c.snapshot.Presentation == presentation.Active
	c.mu.Unlock()
	if switching {
		err := link.Connector.ReplacePresentation(ctx, track, o)
		switch {
		case err == nil:
			c.shareNow(next) // the connector has stopped the track before
			return nil
		case !errors.Is(err, presentation.ErrNone): // else it ended a moment ago: this one begins anew
			track.Stop()
			return err
		}
	}
	c.dropScreen()
	c.shareNow(next)
	if err := link.Connector.StartPresentation(ctx, track, o); err != nil {
		c.dropScreen()
		return err
	}
	return nil
}

// shareNow makes it what is shared.
func (c *controller) shareNow(next *shared) {
	c.mu.Lock()
	c.shared = next
	paused := next.paused
	c.mu.Unlock()
	if paused { // minimised before it had its place
		c.tell(views.ToldSharePaused, next.name, "")
	}
	c.changed()
}

// StopSharing implements views.Actions.
func (c *controller) StopSharing(ctx context.Context) error {
	link, err := c.current()
	if err != nil {
		return err
	}
	err = link.Connector.StopPresentation(ctx)
	c.dropScreen()
	return err
}

func (c *controller) dropScreen() {
	c.mu.Lock()
	s := c.shared
	c.shared = nil
	c.mu.Unlock()
	if s != nil {
		s.track.Stop()
	}
}

// shareLost tells why sharing ended by itself: the call goes on.
func (c *controller) shareLost(s *shared, reason error) {
	c.mu.Lock()
	current := c.shared == s
	name := s.name
	c.mu.Unlock()
	if !current {
		return
	}
	what := views.ToldShareGone
	if errors.Is(reason, device.ErrClosed) {
		what = views.ToldShareClosed
	}
	c.tell(what, name, "")
}

// sharePaused tells that a shared window was minimised, or is back.
func (c *controller) sharePaused(s *shared, paused bool) {
	c.mu.Lock()
	s.paused = paused
	current := c.shared == s
	c.mu.Unlock()
	if !current {
		return
	}
	what := views.ToldShareResumed
	if paused {
		what = views.ToldSharePaused
	}
	c.tell(what, s.name, "")
}

// tell the person something that happened by itself.
func (c *controller) tell(what views.ToldWhat, name, uses string) {
	c.mu.Lock()
	c.told = views.Told{Number: c.number(), What: what, Name: name, Uses: uses}
	c.mu.Unlock()
	c.logger.Info("told", "what", string(what)) // not the name: a window's title is nobody's business
	c.changed()
}

// number of the next thing told; under the lock.
func (c *controller) number() int {
	c.numbers++
	return c.numbers
}
