// Bench measures one 720p30 call both ways, without loss, for Parley and for Chromium with the same content, and prints
// a table. `make bench` runs it.
//
// Both call the same counterpart, a second parley that answers with Parley's moving pattern (stamped with the time) and
// a recorded sentence. The endpoint that is measured sends a .y4m file and the same sentence, with the same video
// bitrate. Parley runs headless: what it decodes it does not draw, while Chromium composes a page; its delay is taken
// when a frame has been decoded, Chromium's when it is presented.
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
	"time"

	"parley/e2e/harness"
)

const (
	width, height, rate = 1280, 720, 30
	videoBitrate        = 1_000_000 // bit/s: what Parley's table gives 720p

	caller, callee = "1001", "1002"
	secret         = "bench"
)

var (
	measuring = flag.Duration("for", 20*time.Second, "how long each call is measured")
	samples   = flag.Int("frames", 150, "how many stamped frames the delay is taken from")
)

// result of one endpoint with one codec.
type result struct {
	cpu        float64 // cores
	memory     float64 // MB
	firstFrame float64 // ms, from the call to the first decoded frame
	sent       float64 // frames a second
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
	if err := harness.MakeVideo(ctx, b.video, width, height, rate, 4); err != nil {
		return err
	}
	if err := harness.MakeSpeech(ctx, b.speech); err != nil {
		return err
	}
	for _, codec := range []string{"VP8", "H264"} {
		ours, err := b.with(ctx, codec, b.parley)
		if err != nil {
			return fmt.Errorf("parley, %s: %w", codec, err)
		}
		theirs, err := b.with(ctx, codec, b.chromium)
		if err != nil {
			return fmt.Errorf("chromium, %s: %w", codec, err)
		}
		table(codec, ours, theirs)
	}
	return nil
}

func table(codec string, ours, theirs result) {
	fmt.Printf("\n%s, %d×%d, %d frames a second both ways, %.1f Mbit/s\n", codec, width, height, rate, videoBitrate/1e6)
	fmt.Printf("  %-34s%10s%10s%8s   %s\n", "", "Parley", "Chromium", "ratio", "goal")
	row := func(name, unit string, a, b float64, goal string) {
		fmt.Printf("  %-34s%10.2f%10.2f%8.2f   %s\n", name+", "+unit, a, b, a/b, goal)
	}
	row("CPU", "cores", ours.cpu, theirs.cpu, "ratio ≤ 0.8")
	row("memory", "MB", ours.memory, theirs.memory, "ratio ≤ 0.4")
	row("call to first frame", "ms", ours.firstFrame, theirs.firstFrame, "≤ 600 ms")
	row("sent", "frames/s", ours.sent, theirs.sent, "")
	row("decoded", "frames/s", ours.decoded, theirs.decoded, "")
	row("delay, half of the frames within", "ms", ours.p50, theirs.p50, "")
	row("delay, 95 % of the frames within", "ms", ours.p95, theirs.p95, "")
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

// counterpart starts the parley that answers and waits until it can be called. It answers one call.
func (b *bench) counterpart(ctx context.Context, codec string, server *url.URL) (*harness.Process, error) {
	other, err := harness.Start(b.program, []string{"PARLEY_CONFIG=" + b.folder}, "call", "--server", server.Host, "--insecure-tls",
		"--user", callee, "--password", secret, "--name", "Other", "--answer", "--codec", codec,
		"--camera", "pattern", "--size", fmt.Sprintf("%dx%d", width, height), "--microphone", b.speech, "--events", "-")
	if err != nil {
		return nil, err
	}
	if _, err := other.Until(ctx, "connection:registered"); err != nil {
		return nil, errors.Join(err, other.Kill())
	}
	return other, nil
}

// percentile of values, 0 to 1.
func percentile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Sorted(slices.Values(values))
	return values[min(len(values)-1, int(p*float64(len(values))))]
}

// pause lets time pass in which something is measured.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
