// Network measures calls over bad networks: Parley and Chromium under the same conditions, side by side. `make
// bench-network` runs it; it needs root, for it makes network namespaces (package link).
//
// The endpoint that is measured is at the near end of the link, Parley or a page in headless Chromium. At the far end
// are the room server and a second Parley, which answers. Down is what comes to the measured endpoint: Parley's moving
// pattern, stamped with the time, so its delay is known; both receive it from the same sender. Up is what the measured
// endpoint sends: a natural moving picture whose frames are numbered, so each picture that arrives can be compared with
// the one that was sent.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

const (
	width, height, rate = 1280, 720, 30
	videoBitrate        = 1_000_000 // bit/s: what Parley's table gives 720p

	caller, callee = "1001", "1002"
	secret         = "bench"
)

var (
	role      = flag.String("role", "", "internal: the end of the link this process plays")
	content   = flag.String("content", "", "internal: folder of the content")
	server    = flag.String("server", "", "internal: the room server")
	codec     = flag.String("codec", "VP8", "video codec")
	only      = flag.String("rows", "", "regular expression: only conditions whose name matches")
	alone     = flag.Bool("alone", false, "Parley only")
	measuring = flag.Duration("for", 15*time.Second, "how long each call is measured")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch *role {
	case "far":
		err = far(ctx)
	case "parley":
		err = nearParley(ctx)
	case "chromium":
		err = nearChromium(ctx)
	default:
		var filter *regexp.Regexp
		if filter, err = regexp.Compile(*only); err == nil {
			err = orchestrate(ctx, filter)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-network:", err)
		os.Exit(1)
	}
}
