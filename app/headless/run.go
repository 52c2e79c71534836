// Package headless places or awaits one call without a window: `parley call`. It uses the same connector and media as
// the window, and nothing of the window.
package headless

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"time"

	"parley/app/cli"
	"parley/app/client"
	"parley/app/journal"
	"parley/app/problem"
	"parley/connector"
	"parley/connector/rtc"
)

// Options of Run.
type Options struct {
	Call      cli.Call
	Client    client.Options // connection and identity; Run fills in what the call's flags say
	Stdout    io.Writer
	Logger    *slog.Logger
	StartTime time.Time // zero of the journals' times; now when zero
}

// leaveTime bounds the goodbye: BYE, unregistration, close.
const leaveTime = 8 * time.Second

// Run places or awaits the call and returns when it is over. Cancelling ctx hangs up. The error is a *problem.Problem:
// nil when the call was confirmed and ended as asked.
func Run(ctx context.Context, o Options) error {
	if o.StartTime.IsZero() {
		o.StartTime = time.Now()
	}
	events, err := openJournal("--events", o.Call.Events, o)
	if err != nil {
		return err
	}
	stats, err := openJournal("--stats", o.Call.Stats, o)
	if err != nil {
		return errors.Join(err, events.Close())
	}
	err = run(ctx, o, events, stats)
	if p := problem.New("the call failed", err); p != nil {
		events.Write("failed", time.Now(), p)
		err = p
	}
	return errors.Join(err, closeJournal("--events", events), closeJournal("--stats", stats))
}

func openJournal(flag, path string, o Options) (*journal.Journal, error) {
	if path == "" {
		return nil, nil
	}
	j, err := journal.Create(path, o.StartTime, o.Stdout)
	if err != nil {
		return nil, problem.New("could not write "+flag, err)
	}
	return j, nil
}

func closeJournal(flag string, j *journal.Journal) error {
	if err := j.Close(); err != nil {
		return problem.New("could not write all of "+flag, err)
	}
	return nil
}

// run does everything between the opening and the closing of the journals.
func run(ctx context.Context, o Options, events, stats *journal.Journal) (err error) {
	o.complete()
	media, err := openSources(o.Call, o.Client.Processor, o.Logger)
	if err != nil {
		return err
	}
	defer media.stop()

	c, err := client.New(o.Client)
	if err != nil {
		return err
	}
	recordings, err := openRecordings(o.Call, c.Mixer, o.Logger)
	if err != nil {
		return errors.Join(err, c.Close(ctx))
	}
	watch := newWatcher(o, events, stats, recordings)
	unsubscribe := watch.attach(c.Connector)

	err = place(ctx, c, o, media, watch)

	// The goodbye has a time of its own: ctx may be over.
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	closing := c.Close(leaving)
	unsubscribe()
	return errors.Join(err, recordings.close(), problemOrNil("could not leave cleanly", closing))
}

// problemOrNil keeps a nil *Problem from becoming a non-nil error.
func problemOrNil(what string, err error) error {
	if p := problem.New(what, err); p != nil {
		return p
	}
	return nil
}

// complete carries the call's flags over to the client.
func (o *Options) complete() {
	call := o.Call
	o.Client.Server, o.Client.Name = call.Server, call.Name
	o.Client.User, o.Client.Password, o.Client.Guest = call.User, call.Password, call.Guest
	// Insecure is what a person asked for, for this one run.
	o.Client.TLS = &tls.Config{InsecureSkipVerify: call.InsecureTLS}
	o.Client.Plain = call.Plain
	if len(call.ICEServer) > 0 {
		o.Client.ICEServers = []rtc.ICEServer{{URLs: call.ICEServer, Username: call.ICEUser, Credential: call.ICEPassword}}
	}
	o.Client.MaxWidth, o.Client.MaxHeight = call.Size.Width, call.Size.Height
	o.Client.Codecs = client.OnlyCodec(call.Codec)
	o.Client.Logger = o.Logger
	o.Client.Silent = true
}

// place connects, gets the call going, and stays in it until its end.
func place(ctx context.Context, c *client.Client, o Options, media sources, watch *watcher) error {
	if err := c.Connect(ctx); err != nil {
		return err
	}
	if err := begin(ctx, c.Connector, o, media, watch); err != nil {
		if ctx.Err() != nil && watch.hasBegun() { // interrupted between the confirmation and its news
			return hangUp(ctx, c.Connector)
		}
		return err
	}
	presenting := newPresenter(c.Connector, o.Call, media.share, o.Logger)
	defer presenting.stop()
	return stay(ctx, c.Connector, o.Call, watch, presenting)
}

// begin calls, or waits for a call and takes it; it returns when the call is confirmed.
func begin(ctx context.Context, c *connector.Connector, o Options, media sources, watch *watcher) error {
	if o.Call.To != "" {
		err := c.Call(ctx, connector.CallParameters{
			Number: o.Call.To, Stream: media.stream(), NoRedial: o.Call.NoRedial,
		})
		return problemOrNil("could not call "+o.Call.To, err)
	}
	for {
		if err := awaitCall(ctx, watch); err != nil {
			return err
		}
		err := c.Accept(ctx, media.stream())
		if err == nil || !watch.withdrawn(err) {
			return problemOrNil("could not take the call", err)
		}
		// The caller gave up before we could answer: wait for the next.
		o.Logger.Info("the caller hung up before the call was taken")
	}
}

// patience is how long a lost connection may take to come back while we wait for a call.
const patience = 30 * time.Second

func awaitCall(ctx context.Context, watch *watcher) error {
	var lost <-chan time.Time
	for {
		select {
		case <-watch.ringing:
			return nil
		case connected := <-watch.connection:
			lost = nil
			if !connected {
				lost = time.After(patience)
			}
		case <-lost:
			return &problem.Problem{What: "could not wait for a call",
				Why: "the connection to the server was lost and did not come back", Fix: "Check the network and start again."}
		case <-ctx.Done():
			return &problem.Problem{What: "waiting for a call ended", Why: "interrupted before a call came", Err: ctx.Err()}
		}
	}
}

// stay lasts until the call ends, the time is up or ctx is cancelled; the last two hang up.
func stay(ctx context.Context, c *connector.Connector, call cli.Call, watch *watcher, presenting *presenter) error {
	var timeUp <-chan time.Time
	if call.Duration > 0 {
		timer := time.NewTimer(call.Duration)
		defer timer.Stop()
		timeUp = timer.C
	}
	for {
		select {
		case <-presenting.due():
			presenting.next(ctx)
			continue
		case <-watch.again:
			presenting.callRestored(ctx)
			continue
		case err := <-presenting.outcome:
			if err = presenting.settle(ctx, err); err != nil {
				return errors.Join(err, hangUp(ctx, c))
			}
			continue
		case <-watch.over:
			return watch.outcome()
		case <-timeUp:
		case <-ctx.Done():
		}
		return errors.Join(watch.signalling(), watch.outcome(), hangUp(ctx, c))
	}
}

func hangUp(ctx context.Context, c *connector.Connector) error {
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	return problemOrNil("could not hang up", c.HangUp(leaving))
}
