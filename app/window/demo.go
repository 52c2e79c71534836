package window

import (
	"context"
	"errors"

	"parley/connector/rtc"
	"parley/media/device"
	"parley/views"
)

// Demo is a room server that runs inside the program.
type Demo struct {
	Server      string // host:port
	Fingerprint string // of its certificate
	Room        string // number of the room where somebody is
	Close       func(ctx context.Context) error
}

// errNoDemo means that this program was built without a demo room.
var errNoDemo = errors.New("there is no demo room")

// TryDemo implements views.Actions. Nothing of it is kept: neither the server nor the name nor the calls.
func (c *controller) TryDemo(ctx context.Context, name string) (room string, err error) {
	if c.options.StartDemo == nil {
		return "", errNoDemo
	}
	demo, err := c.options.StartDemo(ctx)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	c.demo = demo
	c.mu.Unlock()
	form := views.SignIn{Server: demo.Server, Name: name, Guest: true}
	if err := c.establish(ctx, form, false); err != nil {
		return "", errors.Join(err, ignore(c.endDemo()))
	}
	c.mu.Lock()
	ours := c.link != nil && c.account.Server == demo.Server
	c.mu.Unlock()
	if !ours { // the person has signed in elsewhere meanwhile, or the window has closed
		return "", errors.Join(context.Canceled, ignore(c.endDemo()))
	}
	return demo.Room, nil
}

// endDemo ends the demo's server, if there is one.
func (c *controller) endDemo() error {
	c.mu.Lock()
	demo := c.demo
	c.demo = nil
	c.mu.Unlock()
	if demo == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	return demo.Close(ctx)
}

// inDemo tells whether the connection is the demo's; with the lock held.
func (c *controller) inDemo() bool { return c.demo != nil && c.account.Server == c.demo.Server }

// camera opens a camera; in the demo's room the test pattern stands in for one that is not there, or cannot be had.
func (c *controller) camera(chosen string, wish CameraOptions) (rtc.LocalTrack, error) {
	track, err := c.media.Camera(chosen, wish)
	c.mu.Lock()
	demo := c.inDemo()
	c.mu.Unlock()
	if demo && chosen == "" && (errors.Is(err, device.ErrNotFound) || errors.Is(err, device.ErrUnavailable)) {
		return c.media.Camera(demoCamera, wish)
	}
	return track, err
}
