// Bench measures the connector against a room server on this machine and prints a table: how long it takes from the wish
// to call until the call is confirmed and until the first picture is decoded, and whether memory and goroutines stay where
// they are over many calls. `make bench-connector` runs it, and the benchmarks of what goes through the connector.
//
// The client is Parley's without a window: SIP over WebSocket with TLS, peer connections, VP8 and Opus, a small moving
// picture and a tone as its camera and microphone. A bot in the room sends 1280×720.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/app/client"
	"parley/connector"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/device"
	"parley/media/video"
)

var (
	timed = flag.Int("timed", 50, "calls whose set-up is timed")
	many  = flag.Int("many", 200, "calls one after another, for memory and goroutines")
	heaps = flag.String("heaps", "", "folder for heap profiles before and after the many calls; go tool pprof -base compares them")
)

// patience with one step of a call, on a busy machine.
const patience = 30 * time.Second

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	do := run
	if flag.Arg(0) == "room" {
		do = serveRoom
	}
	if err := do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	if *heaps != "" {
		runtime.MemProfileRate = 512
	}
	room, err := startRoom(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, room.stop()) }()
	c, err := client.New(client.Options{Server: room.address, User: user, Password: secret, Name: "Bench", TLS: room.tls,
		Silent: true, UserAgent: "Parley/bench", InstanceID: "7f6c3a52-6f3d-4c8e-9b1a-2d4f5e6a7b8c"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	if err := c.Connect(ctx); err != nil {
		return err
	}
	b := &bench{c: c.Connector}
	defer c.Connector.Subscribe(b.event)()
	defer c.Connector.Watch(b.snapshot)()
	if err := b.time(ctx, *timed); err != nil {
		return err
	}
	return b.repeat(ctx, *many)
}

// bench follows one call at a time.
type bench struct {
	c *connector.Connector

	mu        sync.Mutex
	confirmed chan time.Time
	first     chan time.Time
	idle      chan struct{}
	watched   rtc.RemoteTrack
	untap     func()
}

func (b *bench) event(e connector.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.Name == "call:confirmed" {
		now(b.confirmed)
	}
}

func now(c chan time.Time) {
	select {
	case c <- time.Now():
	default: // the first one counts
	}
}

// framed is what a remote video track of media/peer is besides an rtc.RemoteTrack.
type framed interface{ Frames() *video.Outlet }

func (b *bench) snapshot(s session.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.Call.State == call.Idle && b.idle != nil {
		select {
		case b.idle <- struct{}{}:
		default:
		}
	}
	track := s.Streams.Main.Video()
	if track == b.watched {
		return
	}
	if b.untap != nil {
		b.untap()
	}
	b.watched, b.untap = track, nil
	if source, is := track.(framed); is {
		first := b.first
		b.untap = source.Frames().Tap(func(*video.Frame) { now(first) })
	}
}

// one makes a call, waits for the first picture, and hangs up.
func (b *bench) one(ctx context.Context) (confirmed, picture time.Duration, err error) {
	camera, err := device.OpenVideoTrack("pattern", device.VideoOptions{Width: 320, Height: 180, FPS: 15}, device.TrackOptions{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { camera.Stop(); <-camera.Released() }()
	microphone, err := device.OpenAudioTrack("tone", device.TrackOptions{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { microphone.Stop(); <-microphone.Released() }()
	b.mu.Lock()
	b.confirmed, b.first, b.idle = make(chan time.Time, 1), make(chan time.Time, 1), nil
	b.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begin := time.Now()
	if err := b.c.Call(ctx, connector.CallParameters{Number: conference, NoRedial: true,
		Stream: rtc.LocalStream{Audio: microphone, Video: camera}}); err != nil {
		return 0, 0, fmt.Errorf("call: %w", err)
	}
	for _, step := range []struct {
		came chan time.Time
		took *time.Duration
		what string
	}{{b.confirmed, &confirmed, "confirmed"}, {b.first, &picture, "the first picture"}} {
		select {
		case at := <-step.came:
			*step.took = at.Sub(begin)
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("waiting for %s: %w", step.what, ctx.Err())
		}
	}
	idle := make(chan struct{}, 1)
	b.mu.Lock()
	b.idle = idle
	b.mu.Unlock()
	if err := b.c.HangUp(ctx); err != nil {
		return 0, 0, fmt.Errorf("hang up: %w", err)
	}
	if b.c.Snapshot().Call.State != call.Idle {
		select {
		case <-idle:
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("waiting for the end: %w", ctx.Err())
		}
	}
	return confirmed, picture, nil
}

func (b *bench) time(ctx context.Context, n int) error {
	var confirmed, picture []float64
	for i := range n {
		c, p, err := b.one(ctx)
		if err != nil {
			return fmt.Errorf("call %d: %w", i+1, err)
		}
		confirmed = append(confirmed, float64(c.Microseconds())/1000)
		picture = append(picture, float64(p.Microseconds())/1000)
	}
	fmt.Printf("%d calls, ms from the wish to call\n%-28s%10s%10s\n", n, "", "p50", "p95")
	for _, row := range []struct {
		name string
		took []float64
	}{{"until confirmed", confirmed}, {"until the first picture", picture}} {
		slices.Sort(row.took)
		fmt.Printf("%-28s%10.1f%10.1f\n", row.name, row.took[n/2], row.took[n*95/100])
	}
	return nil
}

// use is what the process holds while no call is up.
type use struct {
	heap, rss  float64 // MB; the heap after a collection
	goroutines int
}

func (b *bench) repeat(ctx context.Context, n int) error {
	fmt.Printf("\n%d calls one after another, between calls\n%-28s%10s%10s%12s\n", n, "after calls", "heap MB", "RSS MB", "goroutines")
	for i := range n + 1 {
		if i > 0 {
			if _, _, err := b.one(ctx); err != nil {
				return fmt.Errorf("call %d: %w", i, err)
			}
		}
		if i%(max(n/5, 1)) == 0 {
			u, err := used()
			if err != nil {
				return err
			}
			fmt.Printf("%-28d%10.2f%10.1f%12d\n", i, u.heap, u.rss, u.goroutines)
		}
		if *heaps != "" && (i == 0 || i == n) {
			if err := writeHeap(filepath.Join(*heaps, fmt.Sprintf("heap-%d.pprof", i))); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeHeap(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}

// used gives back what can be given back first. What a call leaves to end by itself has a second for it.
func used() (use, error) {
	time.Sleep(time.Second)
	runtime.GC() // what finalizers of the first collection let go goes with the second
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	rss, err := residentMB()
	return use{float64(m.HeapAlloc) / 1e6, rss, runtime.NumGoroutine()}, err
}

func residentMB() (float64, error) {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, is := strings.CutPrefix(line, "VmRSS:"); is {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1000, err
		}
	}
	return 0, errors.New("no VmRSS in /proc/self/status")
}
