// Package app is the composition root: it reads the command line and runs the window, one call without a window, or the
// room server. It is the only package that knows all others.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"parley/app/cli"
	"parley/app/client"
	"parley/app/config"
	"parley/app/headless"
	"parley/app/logging"
	"parley/app/problem"
	"parley/app/room"
	"parley/media/codec"
	_ "parley/media/codec/all" // --codec is checked against what this build has
)

// Version of the program.
const Version = "0.1.0"

// Exit codes.
const (
	exitOK     = 0 // all went as asked
	exitFailed = 1 // what was asked for failed; standard error says why
	exitUsage  = 2 // wrong arguments, or a codec this build does not have
)

// Streams are the process's standard streams.
type Streams struct{ Out, Err io.Writer }

// Main runs the program with the process's streams and signals and returns its exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// After the first signal the program says goodbye; a second one ends it at once, as is the custom.
	context.AfterFunc(ctx, stop)
	return Run(ctx, args, Streams{os.Stdout, os.Stderr})
}

// Run does what the arguments say until it is done or ctx is cancelled.
func Run(ctx context.Context, args []string, streams Streams) int {
	parsed, err := cli.Parse(args, "parley "+Version, streams.Out)
	switch {
	case errors.Is(err, cli.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintf(streams.Err, "parley: %v\n", err)
		if !errors.Is(err, codec.ErrUnsupported) {
			fmt.Fprintln(streams.Err, "parley --help shows what can be said.")
		}
		return exitUsage
	}
	logger, err := logging.New(streams.Err, parsed.LogName)
	if err != nil {
		fmt.Fprintf(streams.Err, "parley: --log: %v\n", err)
		return exitUsage
	}
	if err := run(ctx, parsed, streams, logger); err != nil {
		complain(streams.Err, err)
		return exitFailed
	}
	return exitOK
}

func run(ctx context.Context, parsed cli.Parsed, streams Streams, logger *slog.Logger) error {
	switch command := parsed.Command.(type) {
	case *cli.Call:
		made, release := processor(command.Processing.Processing, logger)
		defer release()
		return headless.Run(ctx, headless.Options{
			Call:   *command,
			Client: client.Options{InstanceID: instanceID(logger), UserAgent: UserAgent(), Processor: made},
			Stdout: streams.Out,
			Logger: logger,
		})
	case *cli.Room:
		return room.Run(ctx, *command, streams.Out, logger)
	case *cli.Probe:
		return runProbe(ctx, *command, streams, logger)
	case *cli.Window:
		return runWindow(ctx, *command, streams, parsed.LogName, logger)
	}
	return fmt.Errorf("no such command: %T", parsed.Command)
}

// complain prints one clear message. What stands behind it is for the log.
func complain(out io.Writer, err error) {
	var known *problem.Problem
	if errors.As(err, &known) {
		err = known
	}
	fmt.Fprintf(out, "parley: %s\n", problem.Printable(err.Error()))
}

// UserAgent is what servers and peers are told.
func UserAgent() string { return "Parley/" + Version }

func instanceID(logger *slog.Logger) string {
	folder, err := config.Folder()
	if err != nil {
		logger.Warn("no configuration folder: this run has an identity of its own", "error", err)
	}
	id, err := config.InstanceID(folder)
	if err != nil {
		logger.Warn("the identity of this installation cannot be kept", "error", err)
	}
	return id
}
