// Package cli is the command line: what can be said, and whether it makes sense. It starts nothing.
package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Command is what the arguments ask for: *Window, *Call, *Room or *Probe.
type Command interface{ check() error }

// ErrHelp is returned after help or the version was printed: there is nothing left to do.
var ErrHelp = errors.New("help was shown")

// UsageError is a mistake in the arguments (exit code 2).
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

func (e *UsageError) Unwrap() error { return e.Err }

type arguments struct {
	Log     string           `help:"Least level that is logged to standard error: debug, info, warn or error." default:"warn" enum:"debug,info,warn,error"`
	Version kong.VersionFlag `help:"Print the version and end."`

	Window Window `cmd:"" default:"withargs" help:"Open the window (also what parley without a command does)."`
	Call   Call   `cmd:"" help:"Place or await one call without a window."`
	Room   Room   `cmd:"" help:"Run the embedded room server alone."`
	Probe  Probe  `cmd:"" help:"Check the way to a server step by step."`
}

// Parsed is a command with what holds for every command.
type Parsed struct {
	Command Command
	LogName string // debug, info, warn, error
}

// Parse reads the arguments (without the program's name). Help goes to out. Errors are *UsageError or ErrHelp.
func Parse(args []string, version string, out io.Writer) (Parsed, error) {
	var given arguments
	ended := false
	parser, err := kong.New(&given,
		kong.Name("parley"),
		kong.Description("Video conferences and calls over SIP and WebRTC."),
		kong.Writers(out, out),
		kong.Vars{"version": version},
		kong.Exit(func(int) { ended = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		return Parsed{}, fmt.Errorf("command line: %w", err)
	}
	context, err := parser.Parse(args)
	if ended { // kong goes on parsing after --help and --version; what it then finds wrong does not matter
		return Parsed{}, ErrHelp
	}
	if err != nil {
		return Parsed{}, &UsageError{err}
	}
	commands := map[string]Command{"call": &given.Call, "room": &given.Room, "probe": &given.Probe, "window": &given.Window}
	name, _, _ := strings.Cut(context.Command(), " ")
	command := commands[name]
	if err := command.check(); err != nil {
		return Parsed{}, &UsageError{err}
	}
	return Parsed{Command: command, LogName: given.Log}, nil
}
