package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"parley/app/cli"
	"parley/app/config"
	"parley/app/instance"
	"parley/app/problem"
	"parley/app/schemes"
	"parley/app/window"
	"parley/connector"
	"parley/connector/rtc"
	"parley/media/audio"
	"parley/roomserver"
)

// What the demo brings along.
const (
	demoRoom = "2001"
	demoBots = 3
	// demoLeave bounds the goodbye of the demo's server.
	demoLeave = 5 * time.Second
)

// runWindow opens the window, with a room server behind it for the demo; where one is open already, it is brought to the
// front. It must run on the main goroutine.
func runWindow(ctx context.Context, o cli.Window, streams Streams, level string, plain *slog.Logger) error {
	folder, err := config.Folder()
	if err != nil {
		plain.Warn("settings are not kept", "error", err)
	}
	var running *instance.Instance
	if !o.Demo {
		// Asked before anything else: a start that only hands over touches neither log nor crash reports of the running one.
		running, err = instance.Acquire(ctx, folder, o.Link)
		switch {
		case errors.Is(err, instance.ErrRunning):
			fmt.Fprintln(streams.Err, "parley: is running already; its window was brought to the front")
			return nil
		case err != nil: // two windows are better than none
			plain.Warn("a second start will open a second window", "error", err)
		}
	}
	left := openTraces(streams.Err, level, plain)
	defer left.close()
	defer func() {
		if err := running.Close(); err != nil {
			left.logger.Warn("end as the running instance", "error", err)
		}
	}()
	options, release := windowOptions(o, left)
	defer release()
	if o.Demo {
		// The demo leaves nothing behind: a newcomer's first look must not fill his settings.
		return runDemo(ctx, o, options, streams, left.logger)
	}
	options.Folder, options.Link = folder, o.Link
	options.StartDemo = func(context.Context) (*window.Demo, error) { return startDemo(ctx, left.logger) }
	if running != nil {
		options.Visits = running.Links
		if os.Getenv("PARLEY_CONFIG") == "" { // one that tries something out is not who opens links
			if err := schemes.Register(); err != nil {
				left.logger.Warn("links may open another program", "error", err)
			}
		}
	}
	return windowProblem(window.Run(ctx, options))
}

// windowOptions are those of every window; release gives back what they hold.
func windowOptions(o cli.Window, left *traces) (options window.Options, release func()) {
	options = window.Options{
		Version: Version, Logs: left.logs, Crash: left.crash,
		Lang: o.Language, Draw: o.Graphics,
		InstanceID: instanceID(left.logger), UserAgent: UserAgent(), Logger: left.logger,
	}
	options.Processor, release = processor(audio.Processing{Echo: true, Noise: true, Gain: true}, left.logger)
	return options, release
}

func windowProblem(err error) error {
	if p := problem.New("could not run the window", err); p != nil {
		return p
	}
	return nil
}

// startDemo starts a room server with synthetic participants. ctx ends it as Close does.
func startDemo(ctx context.Context, logger *slog.Logger) (*window.Demo, error) {
	server, err := roomserver.New(roomserver.Config{
		Listen: "127.0.0.1:0", Bots: demoBots, BotRoom: demoRoom, Loopback: true, Logger: logger,
	})
	if err != nil {
		return nil, problem.New("could not start the demo's room server", err)
	}
	if err := server.Start(ctx); err != nil {
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), demoLeave)
		defer cancel()
		return nil, errors.Join(problem.New("could not start the demo's room server", err), server.Close(leaving))
	}
	return &window.Demo{Server: server.Addr(), Fingerprint: server.Fingerprint(), Room: demoRoom, Close: server.Close}, nil
}

// runDemo starts a room server with synthetic participants and the window signed in to it.
func runDemo(ctx context.Context, o cli.Window, options window.Options, streams Streams, logger *slog.Logger) error {
	demo, err := startDemo(ctx, logger)
	if err != nil {
		return err
	}
	defer func() {
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), demoLeave)
		defer cancel()
		if err := demo.Close(leaving); err != nil {
			logger.Warn("the demo's room server did not end cleanly", "error", err)
		}
	}()
	last := make(chan rtc.Stats, 1)
	options = demoOptions(o, options, demo)
	var shot error // written before Run returns
	if o.DemoShot != "" {
		options.BeforeEnd = func(window.Connector) { shot = shoot(ctx, o.DemoShot) }
	}
	options.OnConnector = func(c window.Connector) { c.Subscribe(keepNewest(last)) }

	err = windowProblem(window.Run(ctx, options))
	err = errors.Join(err, shot)
	if o.DemoFor == 0 {
		return err
	}
	select {
	case stats := <-last:
		_, printing := fmt.Fprint(streams.Out, summary(stats))
		return errors.Join(err, printing)
	default:
		return errors.Join(err, &problem.Problem{What: "the demo was no call", Why: "no statistics came",
			Fix: "Run with --log debug to see how far it came."})
	}
}

// demoOptions are those of the demo's window.
func demoOptions(o cli.Window, options window.Options, demo *window.Demo) window.Options {
	options.Demo, options.Server, options.Fingerprint = true, demo.Server, demo.Fingerprint
	options.Name, options.Number = "You", demoRoom
	options.AutoSignIn, options.AutoJoin, options.AutoShare = true, o.DemoJoin, o.DemoShare
	if o.DemoJoin {
		options.Crash = nil // nobody is there to answer; the report waits for a start by hand
	}
	options.EndAfter = o.DemoFor
	return options
}

// keepNewest keeps the newest statistics in a channel with one place. It is the only writer: events come one by one.
func keepNewest(last chan rtc.Stats) func(connector.Event) {
	return func(e connector.Event) {
		stats, ok := e.Data.(rtc.Stats)
		if !ok {
			return
		}
		select {
		case <-last:
		default:
		}
		last <- stats
	}
}
