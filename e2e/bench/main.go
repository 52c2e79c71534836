// Bench measures one 720p30 call both ways, without loss, for Parley, for Chromium and for baresip with the same content,
// and prints a table with the ratios. `make bench` runs it.
//
// All send and receive photographs that are panned and zoomed over and a recorded sentence, at the same video bitrate:
// Parley and Chromium call a second parley through a room server, one baresip calls another. First frame and delay are
// taken in a call of their own, in which the second parley sends its moving pattern, stamped with the time. Parley runs
// headless: what it decodes it does not draw, while Chromium composes a page; its delay is taken when a frame has been
// decoded, Chromium's when it is presented.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"parley/e2e/harness"
)

const (
	width, height, rate = 1280, 720, 30
	contentSeconds      = 4
	videoBitrate        = 1_000_000 // bit/s: what Parley's table gives 720p

	// fullSize is a Chromium that may not send a smaller picture than it captures.
	fullSize = "Chromium in full size"

	caller, callee = "1001", "1002"
	secret         = "bench"
)

var (
	measuring = flag.Duration("for", 20*time.Second, "how long each call is measured")
	samples   = flag.Int("frames", 150, "how many stamped frames the delay is taken from")
	only      = flag.String("only", "Parley,Chromium,"+fullSize+",baresip", "what is measured, separated by commas")
	codecs    = flag.String("codecs", "VP8,H264", "video codecs, separated by commas")
)

// result of one endpoint with one codec; what it does not tell is 0.
type result struct {
	cpu        float64 // cores
	memory     float64 // MB
	firstFrame float64 // ms, from the call to the first decoded frame
	sent       float64 // frames a second
	width      float64 // pixels of what was sent last
	decoded    float64 // frames a second
	p50, p95   float64 // ms, glass to glass
}

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "parley-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	b := &bench{folder: folder, video: filepath.Join(folder, "camera.y4m"), speech: filepath.Join(folder, "speech.wav")}
	if b.program, err = harness.Build(ctx, folder); err != nil {
		return err
	}
	if err := harness.MakeNatural(ctx, b.video, width, height, rate, contentSeconds); err != nil {
		return err
	}
	if err := harness.MakeSpeech(ctx, b.speech); err != nil {
		return err
	}
	for _, codec := range strings.Split(*codecs, ",") {
		results := map[string]result{}
		for _, e := range []struct {
			name    string
			measure func(context.Context, string, *url.URL) (result, error)
		}{{"Parley", b.parley}, {"Chromium", b.chromium}, {fullSize, b.fullSize}, {"baresip", b.baresip}} {
			if !slices.Contains(strings.Split(*only, ","), e.name) {
				continue
			}
			r, err := b.with(ctx, codec, e.measure)
			if errors.Is(err, errNoBaresip) {
				fmt.Fprintln(os.Stderr, err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", e.name, codec, err)
			}
			results[e.name] = r
		}
		table(codec, results)
	}
	return nil
}

type bench struct {
	program, folder, video, speech string
}

// with starts room server and counterpart, runs one measurement, and ends both.
func (b *bench) with(ctx context.Context, codec string, measure func(context.Context, string, *url.URL) (result, error)) (r result, err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	room, err := harness.Start(b.program, nil, "room", "--listen", "127.0.0.1:0", "--user", caller+":"+secret, "--user", callee+":"+secret)
	if err != nil {
		return r, err
	}
	defer room.Kill()
	server, err := room.Ready(ctx)
	if err != nil {
		return r, err
	}
	return measure(ctx, codec, server)
}

// counterpart starts the parley that answers and waits until it can be called. It answers one call. Its camera is a file,
// or "pattern".
func (b *bench) counterpart(ctx context.Context, codec, camera string, server *url.URL) (*harness.Process, error) {
	other, err := harness.Start(b.program, []string{"PARLEY_CONFIG=" + b.folder}, "call", "--server", server.Host, "--insecure-tls",
		"--user", callee, "--password", secret, "--name", "Other", "--answer", "--codec", codec,
		"--camera", camera, "--size", fmt.Sprintf("%dx%d", width, height), "--microphone", b.speech, "--events", "-")
	if err != nil {
		return nil, err
	}
	if _, err := other.Until(ctx, "connection:registered"); err != nil {
		return nil, errors.Join(err, other.Kill())
	}
	return other, nil
}
