// Package room runs the embedded room server alone: `parley room`.
package room

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"parley/app/cli"
	"parley/app/config"
	"parley/app/journal"
	"parley/app/problem"
	"parley/roomserver"
)

// leaveTime bounds the goodbye to everyone.
const leaveTime = 8 * time.Second

// Run serves until ctx is cancelled, then says goodbye. When it listens it prints `ready wss://…` to out. Errors are
// *problem.Problem.
func Run(ctx context.Context, o cli.Room, out io.Writer, logger *slog.Logger) (err error) {
	var events *journal.Journal
	start := time.Now()
	if o.Events != "" {
		if events, err = journal.Create(o.Events, start, out); err != nil {
			return problem.New("could not write --events", err)
		}
	}
	server, err := roomserver.New(serverConfig(o, start, events, logger))
	if err != nil {
		return errors.Join(problem.New("could not start the room server", err), events.Close())
	}
	if err := server.Start(ctx); err != nil {
		return errors.Join(problem.New("could not start the room server", err), close(server), events.Close())
	}
	_, err = fmt.Fprintf(out, "ready %s\n", server.URL())
	if err == nil {
		err = serve(ctx, server, o.Console, out)
	}
	if err = errors.Join(err, close(server), events.Close()); err != nil {
		return problem.New("the room server did not end cleanly", err)
	}
	return nil
}

// serve lasts until ctx ends. A console that has ended (its input, or "quit") leaves the server running.
func serve(ctx context.Context, server *roomserver.Server, console bool, out io.Writer) error {
	if console {
		if err := server.Console(ctx, os.Stdin, out); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

func close(server *roomserver.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTime)
	defer cancel()
	return server.Close(ctx)
}

// keptCertificate is where the certificate that the server makes outlives it.
func keptCertificate(o cli.Room, logger *slog.Logger) string {
	if o.Cert != "" {
		return "" // none is made
	}
	folder, err := config.Folder()
	if err != nil {
		logger.Warn("the certificate is another one at every start", "error", err)
		return ""
	}
	return filepath.Join(folder, "room.pem")
}

// serverConfig is what the flags say, as the server takes it.
func serverConfig(o cli.Room, start time.Time, events *journal.Journal, logger *slog.Logger) roomserver.Config {
	return roomserver.Config{
		Listen: o.Listen, Users: o.Accounts(), RoomFirst: o.Rooms.First, RoomLast: o.Rooms.Last,
		Bots: o.Bots, BotRoom: o.BotRoom, BotPresents: o.BotPresents, BotCalls: o.BotCalls, CertFile: o.Cert, KeyFile: o.Key,
		KeptCert: keptCertificate(o, logger), Codec: o.Codec,
		MaxClients: o.MaxClients, Moderator: o.Moderator, TakeOver: o.TakeOver,
		Events: func(e roomserver.Event) { events.Write(e.Name, start.Add(e.Time), e.Data) },
		Logger: logger,
	}
}
