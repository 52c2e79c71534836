package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"parley/e2e/harness"
)

// setup bounds the time to a confirmed call on a busy machine.
const setup = time.Minute

// process is one of those that are measured.
type process struct {
	role string
	*harness.Process
}

func orchestrate(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "parley-hour-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := makeContent(ctx, folder); err != nil {
		return err
	}
	processes, err := startAll(ctx, folder)
	defer func() {
		for _, p := range processes {
			err = errors.Join(err, p.Kill())
		}
	}()
	if err != nil {
		return err
	}
	fmt.Printf("%d×%d, %d frames a second, %s and Opus, both ways through a room server; %v, load %s at the beginning\n\n",
		*width, *height, rate, *codec, *lasting, load())
	if err := stay(ctx, processes); err != nil {
		return err
	}
	samples, err := collect(processes)
	if err != nil {
		return err
	}
	if err := keep(samples); err != nil {
		return err
	}
	fmt.Printf("load %s at the end\n\n", load())
	report(samples)
	return leave(processes)
}

func makeContent(ctx context.Context, folder string) error {
	if err := harness.MakeNatural(ctx, filepath.Join(folder, "camera.y4m"), *width, *height, rate, contentSeconds); err != nil {
		return err
	}
	return harness.MakeSpeech(ctx, filepath.Join(folder, "speech.wav"))
}

// startAll starts the room server and those who meet in it.
func startAll(ctx context.Context, folder string) (processes []process, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, setup)
	defer cancel()
	arguments := []string{"-content", folder, "-every", every.String(), "-warm", warming.String(), "-codec", *codec,
		"-lively=" + fmt.Sprint(*lively), "-heaps", *heaps}
	address := ""
	for _, start := range []struct{ role, said string }{{"room", "ready"}, {"far", "confirmed"}, {"near", "confirmed"}} {
		p, err := harness.Start(self, nil, append(arguments, "-role", start.role, "-server", address)...)
		if err != nil {
			return processes, err
		}
		processes = append(processes, process{start.role, p})
		said, err := p.Until(ctx, start.said)
		if err != nil {
			return processes, fmt.Errorf("%s: %w", start.role, err)
		}
		if start.role == "room" {
			if err := said.Decode(&address); err != nil {
				return processes, err
			}
		}
	}
	return processes, nil
}

// stay until the hour is over, and see that all are still there.
func stay(ctx context.Context, processes []process) error {
	over := time.After(*lasting)
	ended := make(chan error, len(processes))
	watching, stop := context.WithCancel(ctx)
	defer stop()
	for _, p := range processes {
		go func() {
			if code, err := p.Wait(watching); err == nil {
				ended <- fmt.Errorf("%s ended with code %d in the middle of the call\n%s", p.role, code, p.Stderr())
			}
		}()
	}
	select {
	case <-over:
		return nil
	case err := <-ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave as people do: the callers first.
func leave(processes []process) error {
	ctx, cancel := context.WithTimeout(context.Background(), setup)
	defer cancel()
	var all error
	for i := len(processes) - 1; i >= 0; i-- {
		p := processes[i]
		if err := p.Interrupt(); err != nil {
			all = errors.Join(all, err)
			continue
		}
		code, err := p.Wait(ctx)
		if err == nil && code != 0 {
			err = fmt.Errorf("%s ended with code %d\n%s", p.role, code, p.Stderr())
		}
		all = errors.Join(all, err)
	}
	return all
}

// collect what the processes told, by role.
func collect(processes []process) (map[string][]sample, error) {
	all := map[string][]sample{}
	for _, p := range processes {
		for _, event := range p.All("sample") {
			var s sample
			if err := event.Decode(&s); err != nil {
				return nil, err
			}
			all[p.role] = append(all[p.role], s)
		}
	}
	return all, nil
}

// keep all that was told, if the person asked for it.
func keep(samples map[string][]sample) (err error) {
	if *out == "" {
		return nil
	}
	file, err := os.Create(*out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	buffered := bufio.NewWriter(file)
	encoder := json.NewEncoder(buffered)
	for _, role := range []string{"room", "far", "near"} {
		for _, s := range samples[role] {
			if err := encoder.Encode(s); err != nil {
				return err
			}
		}
	}
	return buffered.Flush()
}

// load of the machine, of the last minute, five and fifteen.
func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	var a, b, c string
	if _, err := fmt.Sscan(string(raw), &a, &b, &c); err != nil {
		return "unknown"
	}
	return a + " " + b + " " + c
}
