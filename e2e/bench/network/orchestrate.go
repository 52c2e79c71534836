package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"parley/e2e/bench/kit"
	"parley/e2e/harness"
	"parley/e2e/link"
)

const (
	// warming is left out: start-up and the estimator's first seconds.
	warming = 8 * time.Second
	// setup bounds the time to a confirmed call; bad networks take theirs.
	setup = time.Minute
)

func orchestrate(ctx context.Context, filter *regexp.Regexp) (err error) {
	folder, err := os.MkdirTemp("", "parley-network-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	program, err := harness.Build(ctx, folder)
	if err != nil {
		return err
	}
	if err := harness.InstallPage(ctx); err != nil {
		return err
	}
	if err := makeContent(ctx, folder); err != nil {
		return err
	}
	b := &bench{folder: folder, environment: []string{"PARLEY_BINARY=" + program}}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	heading()
	for _, row := range rows {
		if !filter.MatchString(row.name) {
			continue
		}
		for _, endpoint := range endpoints() {
			m, err := b.measure(ctx, row, endpoint)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				fmt.Printf("| %s | %s | no call: %v |\n", row.name, endpoint, err)
				continue
			}
			m.print(row, endpoint)
		}
	}
	return nil
}

// endpoints that are measured.
func endpoints() []string {
	if *alone {
		return []string{"parley"}
	}
	return []string{"parley", "chromium"}
}

type bench struct {
	self, folder string
	environment  []string
}

// measured is one row of one endpoint.
type measured struct {
	setup    float64 // ms from the call to its confirmation
	down, up figures
	// After a disturbance: ms until all is as before, -1 when it was not within the time measured.
	downAgain, upAgain float64
}

func (b *bench) measure(ctx context.Context, row row, endpoint string) (m measured, err error) {
	wire, err := link.New(uint64(len(row.name)))
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, wire.Close()) }()
	starting, cancel := context.WithTimeout(ctx, setup)
	defer cancel()
	far, address, err := b.start(starting, wire.Far, "far", "ready")
	if err != nil {
		return m, err
	}
	defer far.Kill()
	wire.Set(row.always)
	near, confirmed, err := b.start(starting, wire.Near, endpoint, "confirmed", "-server", decode[string](address))
	if err != nil {
		return m, err
	}
	defer near.Kill()
	m.setup = decode[float64](confirmed)

	if err := kit.Pause(ctx, warming); err != nil {
		return m, err
	}
	begun := now()
	if row.moves || row.disturbance != nil {
		if err := b.disturb(ctx, wire, row); err != nil {
			return m, err
		}
	}
	undisturbed := now()
	if err := kit.Pause(ctx, *measuring); err != nil {
		return m, err
	}
	ended := now()
	received, sent, err := b.results(ctx, near, far)
	if err != nil {
		return m, err
	}
	m.down, m.up = received.figures(begun, ended), sent.figures(begun, ended)
	if undisturbed-begun > 0 && (row.moves || row.disturbance != nil) {
		before := warming.Seconds() * 1000 / 2
		m.downAgain = received.recovery(received.figures(begun-before, begun), undisturbed, ended)
		m.upAgain = sent.recovery(sent.figures(begun-before, begun), undisturbed, ended)
	}
	return m, nil
}

func (b *bench) disturb(ctx context.Context, wire *link.Link, row row) error {
	if row.moves {
		return wire.Move()
	}
	wire.Set(*row.disturbance)
	err := kit.Pause(ctx, row.lasts)
	wire.Set(row.always)
	return err
}

// start runs this program as one end, until it says the event.
func (b *bench) start(ctx context.Context, inside func(string, ...string) (string, []string), role, event string,
	more ...string) (*harness.Process, harness.Event, error) {
	arguments := append([]string{"-role", role, "-content", b.folder, "-codec", *codec}, more...)
	program, arguments := inside(b.self, arguments...)
	p, err := harness.Start(program, b.environment, arguments...)
	if err != nil {
		return nil, harness.Event{}, err
	}
	said, err := p.Until(ctx, event)
	if err != nil {
		return nil, said, errors.Join(fmt.Errorf("%s: %w\n%s", role, err, p.Story()), p.Kill())
	}
	return p, said, nil
}

// results interrupts both ends, the near one first, and reads what they tell.
func (b *bench) results(ctx context.Context, near, far *harness.Process) (received, sent result, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	read := func(p *harness.Process) (r result) {
		if err != nil {
			return r
		}
		if err = p.Interrupt(); err != nil {
			return r
		}
		var said harness.Event
		if said, err = p.Until(ctx, "result"); err == nil {
			err = said.Decode(&r)
		}
		if err == nil {
			_, err = p.Wait(ctx) // a browser is closed, not left behind
		}
		return r
	}
	received, sent = read(near), read(far)
	return received, sent, err
}

func decode[T any](event harness.Event) (value T) {
	event.Decode(&value)
	return value
}

func heading() {
	fmt.Printf("%s, %d×%d, %d frames a second, %.1f Mbit/s, %v each. Down: received by the endpoint; up: sent by it.\n\n",
		*codec, width, height, rate, videoBitrate/1e6, *measuring)
	fmt.Println("| Network | Endpoint | set-up, ms | down: frames/s | freezes (s) | delay p50 / p95, ms | concealed, % | again, ms |" +
		" up: frames/s | freezes (s) | PSNR, dB | SSIM | width | concealed, % | again, ms |")
	fmt.Println("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
}

func (m measured) print(row row, endpoint string) {
	again := func(ms float64) string {
		switch {
		case !row.moves && row.disturbance == nil:
			return ""
		case ms < 0:
			return "never"
		}
		return fmt.Sprintf("%.0f", ms)
	}
	d, u := m.down, m.up
	fmt.Printf("| %s | %s | %.0f | %.1f | %d (%.1f) | %.0f / %.0f | %.1f | %s | %.1f | %d (%.1f) | %.1f | %.3f | %.0f | %.1f | %s |\n",
		row.name, endpoint, m.setup, d.fps, d.freezes, d.frozen, d.p50, d.p95, d.concealed*100, again(m.downAgain),
		u.fps, u.freezes, u.frozen, u.psnr, u.ssim, u.width, u.concealed*100, again(m.upAgain))
}
