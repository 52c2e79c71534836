// Hour makes one call last: two of Parley's clients without a window meet in a room of Parley's server, each in a process
// of its own, and speak and show a moving picture to each other for an hour. Each process tells every few seconds what it
// holds, and the clients how far apart sound and picture come out. `make bench-hour` runs it and prints what memory and
// skew do over the time.
//
// The skew is measured in what comes out: a picture carries the time at which it was drawn, a sound beeps at known
// times, both by the clock of the process that sends; what the statistics estimate is printed beside it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	rate           = 30 // frames a second
	contentSeconds = 4
	caller, callee = "1001", "1002"
	secret         = "bench"
	conference     = "2005"
)

var (
	role    = flag.String("role", "", "internal: what this process is")
	content = flag.String("content", "", "internal: folder of the content")
	server  = flag.String("server", "", "internal: the room server")

	lasting = flag.Duration("for", time.Hour, "how long the call lasts")
	warming = flag.Duration("warm", 5*time.Minute, "what is left out of the figures at the beginning")
	every   = flag.Duration("every", 10*time.Second, "how often the processes tell what they hold")
	codec   = flag.String("codec", "VP8", "video codec")
	width   = flag.Int("width", 640, "of the picture, pixels")
	height  = flag.Int("height", 360, "of the picture, pixels")
	lively  = flag.Bool("lively", true, "mute, switch the camera off and present now and then, as people do")
	out     = flag.String("out", "", "file for everything the processes told, as lines of JSON")
	heaps   = flag.String("heaps", "", "folder for heap profiles after the beginning and at the end; go tool pprof -base compares them")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	roles := map[string]func(context.Context) error{"": orchestrate, "room": serveRoom, "near": near, "far": far}
	do, known := roles[*role]
	if !known {
		do = func(context.Context) error { return fmt.Errorf("no role %q", *role) }
	}
	if err := do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-hour:", err)
		os.Exit(1)
	}
}
