// Benchui measures the window: how long it takes from the start to the first picture, what it uses while nobody does
// anything and in a call, and how long a click on the microphone takes until its effect is seen during a 720p30 call. `make bench-ui`
// runs it on a virtual screen, with software OpenGL.
//
// Clicks go in and pixels are read through the X server itself, so that what is measured is the window and not a tool.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"parley/e2e/bench/kit"
	"parley/e2e/bench/usage"
	"parley/e2e/harness"
)

// What issue and specification ask for.
const (
	wantStart = 1500 * time.Millisecond
	wantIdle  = 0.02 // cores
	wantClick = 100 * time.Millisecond
)

const (
	screenWidth, screenHeight = 1024, 640
	callee, secret            = "1002", "bench"
	patience                  = 60 * time.Second
)

var (
	starts = flag.Int("starts", 5, "how often the window is started")
	clicks = flag.Int("clicks", 60, "how often the microphone is clicked")
	rest   = flag.Duration("rest", 20*time.Second, "how long the idle window, and the one in a call, is watched")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench-ui:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "parley-benchui-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	b := &bench{folder: folder}
	if b.program, err = harness.Build(ctx, folder); err != nil {
		return err
	}
	if b.screen, err = harness.StartScreen(ctx, screenWidth, screenHeight); err != nil {
		return err
	}
	defer b.screen.Close()
	if b.eye, err = openEye(b.screen.Display); err != nil {
		return err
	}
	defer b.eye.close()

	first, idle, err := b.measureStarts(ctx)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	call, err := b.measureCall(ctx)
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	slices.Sort(first)
	seen := call.seen
	slices.Sort(seen)
	fmt.Println("| What | Measured | Wanted | |\n|---|---|---|---|")
	row("start to first picture, median of "+fmt.Sprint(len(first)), ms(first[len(first)/2]), ms(wantStart), first[len(first)/2] <= wantStart)
	row("idle, first screen", fmt.Sprintf("%.4f cores", idle), fmt.Sprintf("%.2f", wantIdle), idle <= wantIdle)
	row("idle, home screen, connected", fmt.Sprintf("%.4f cores", call.home), fmt.Sprintf("%.2f", wantIdle), call.home <= wantIdle)
	row("a call of 720p30 both ways, processor", fmt.Sprintf("%.2f cores", call.cores), "", true)
	row("a call of 720p30 both ways, memory", fmt.Sprintf("%.0f MB", call.memory), "", true)
	row(fmt.Sprintf("click on the microphone to its effect, p50 of %d", len(seen)), ms(kit.Percentile(seen, 0.5)), "", true)
	row(fmt.Sprintf("click on the microphone to its effect, p95 of %d", len(seen)), ms(kit.Percentile(seen, 0.95)), ms(wantClick), kit.Percentile(seen, 0.95) <= wantClick)
	return nil
}

func row(what, measured, wanted string, ok bool) {
	verdict := "ok"
	if !ok {
		verdict = "missed"
	}
	fmt.Printf("| %s | %s | %s | %s |\n", what, measured, wanted, verdict)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }

// bench is one screen with what runs on it.
type bench struct {
	folder, program string
	screen          *harness.Screen
	eye             *eye
}

// devices let a machine without camera and sound card make the same call as one with both, and let it begin at once.
const devices = `version = 1

[devices]
camera = "pattern"
microphone = "tone"

[join]
preview = false
`

// window starts the program's window with a fresh configuration.
func (b *bench) window(name string) (*harness.Process, error) {
	configuration := filepath.Join(b.folder, name)
	if err := os.MkdirAll(configuration, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(configuration, "settings.toml"), []byte(devices), 0o600); err != nil {
		return nil, err
	}
	return harness.Start(b.program, append(b.screen.Environment(), "PARLEY_CONFIG="+configuration, "XDG_RUNTIME_DIR="+configuration), "--language", "en")
}

// measureStarts starts the window several times and watches the last one rest.
func (b *bench) measureStarts(ctx context.Context) (first []time.Duration, idle float64, err error) {
	for i := range *starts {
		begun := time.Now()
		window, err := b.window(fmt.Sprint("start-", i))
		if err != nil {
			return nil, 0, err
		}
		err = b.eye.until(ctx, func() (bool, error) { return b.eye.drawn(screenWidth/2, screenHeight/2) })
		first = append(first, time.Since(begun))
		if err == nil && i == *starts-1 {
			idle, err = b.watchRest(ctx, window)
		}
		if err = errors.Join(err, end(ctx, window)); err != nil {
			return nil, 0, err
		}
		if err := b.eye.until(ctx, func() (bool, error) {
			drawn, err := b.eye.drawn(screenWidth/2, screenHeight/2)
			return !drawn, err
		}); err != nil {
			return nil, 0, fmt.Errorf("the window stays: %w", err)
		}
	}
	return first, idle, nil
}

// watchRest is what a window uses that has settled.
func (b *bench) watchRest(ctx context.Context, window *harness.Process) (float64, error) {
	if _, err := b.screen.Still(ctx, "the window rests"); err != nil {
		return 0, err
	}
	// No event tells that everything a start leaves behind is done; what is measured should not hold its end.
	if err := kit.Pause(ctx, 3*time.Second); err != nil {
		return 0, err
	}
	from, err := usage.Measure(window.PID())
	if err != nil {
		return 0, err
	}
	if err := kit.Pause(ctx, *rest); err != nil {
		return 0, err
	}
	to, err := usage.Measure(window.PID())
	return usage.Cores(from, to), err
}

// end closes a program as a session manager does.
func end(ctx context.Context, p *harness.Process) error {
	if err := p.Interrupt(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if code, err := p.Wait(ctx); err != nil || code != 0 {
		return fmt.Errorf("ended with %d, %v\n%s", code, err, p.Stderr())
	}
	return nil
}
