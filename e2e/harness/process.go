package harness

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Build compiles the program into folder and returns its path. PARLEY_BINARY names one that is ready.
func Build(ctx context.Context, folder string) (string, error) {
	if ready := os.Getenv("PARLEY_BINARY"); ready != "" {
		return ready, nil
	}
	_, here, _, _ := runtime.Caller(0)
	program := filepath.Join(folder, "parley")
	root := filepath.Join(filepath.Dir(here), "..", "..")
	if out, err := command(ctx, root, "go", "build", "-tags", "nolibopusfile", "-o", program, "."); err != nil {
		return "", fmt.Errorf("build parley: %w\n%s", err, out)
	}
	return program, nil
}

// Event is one line of --events.
type Event struct {
	T     float64
	Event string
	Data  json.RawMessage
}

// Process is a running parley whose standard output is read as events (and, of a room server, its ready line).
type Process struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	exited  chan struct{}
	code    int

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each line
	ended   bool          // standard output is over
	events  []Event
	other   []string // lines that are no events
	outline Event    // the newest answer of an observed window
	asked   int      // questions to it
	stderr  lockedBuffer
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Start runs the program. Without a display: what is headless must need none. environment adds to the process's own.
func Start(program string, environment []string, arguments ...string) (*Process, error) {
	p := &Process{command: exec.Command(program, arguments...), exited: make(chan struct{}), changed: make(chan struct{})}
	p.command.Env = append(slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "DISPLAY=") || strings.HasPrefix(variable, "WAYLAND_DISPLAY=")
	}), "PARLEY_CONFIG="+configuration())
	p.command.Env = append(p.command.Env, environment...) // the last one of a name counts
	p.command.Stderr = &p.stderr
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	go p.run(stdout)
	return p, nil
}

// configuration is the folder of programs that are given none: what they keep, a room server's certificate, is not this user's.
func configuration() string {
	if given := os.Getenv("PARLEY_CONFIG"); given != "" {
		return given
	}
	return filepath.Join(os.TempDir(), "parley-harness-"+strconv.Itoa(os.Getuid()))
}

func (p *Process) run(stdout io.Reader) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var event Event
		p.mu.Lock()
		switch err := json.Unmarshal(lines.Bytes(), &event); {
		case err == nil && event.Event == "outline": // there are many, and only the newest counts
			p.outline = event
		case err == nil && event.Event != "":
			p.events = append(p.events, event)
		default:
			p.other = append(p.other, lines.Text())
		}
		p.wake()
		p.mu.Unlock()
	}
	p.command.Wait()
	p.mu.Lock()
	p.ended = true
	p.code = p.command.ProcessState.ExitCode()
	p.wake()
	p.mu.Unlock()
	close(p.exited)
}

func (p *Process) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// await calls look, with the lock held, at each line until it is content.
func (p *Process) await(ctx context.Context, what string, look func() bool) error {
	for {
		p.mu.Lock()
		found, ended, changed := look(), p.ended, p.changed
		p.mu.Unlock()
		switch {
		case found:
			return nil
		case ended:
			return fmt.Errorf("%s: the process ended first\n%s", what, p.Story())
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w\n%s", what, ctx.Err(), p.Story())
		}
	}
}

// Until waits for an event, one that has come already included.
func (p *Process) Until(ctx context.Context, event string) (found Event, err error) {
	err = p.await(ctx, "wait for "+event, func() bool {
		i := slices.IndexFunc(p.events, func(e Event) bool { return e.Event == event })
		if i >= 0 {
			found = p.events[i]
		}
		return i >= 0
	})
	return found, err
}

// UntilThat waits for an event that is as wanted, one that has come already included.
func (p *Process) UntilThat(ctx context.Context, event, what string, wanted func(Event) bool) error {
	return p.await(ctx, "wait for "+event+": "+what, func() bool {
		return slices.ContainsFunc(p.events, func(e Event) bool { return e.Event == event && wanted(e) })
	})
}

// Ready waits for a room server's ready line and returns the URL of its WebSocket.
func (p *Process) Ready(ctx context.Context) (*url.URL, error) {
	var address string
	err := p.await(ctx, "wait for the ready line", func() bool {
		for _, line := range p.other {
			if rest, ok := strings.CutPrefix(line, "ready "); ok {
				address = rest
			}
		}
		return address != ""
	})
	if err != nil {
		return nil, err
	}
	return url.Parse(address)
}

// Events returns the names of the events so far.
func (p *Process) Events() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := make([]string, len(p.events))
	for i, event := range p.events {
		names[i] = event.Event
	}
	return names
}

// Last returns the newest event.
func (p *Process) Last() Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.events) == 0 {
		return Event{}
	}
	return p.events[len(p.events)-1]
}

// Wait waits for the process's end and returns its exit code; -1 with an error when it does not end in time.
func (p *Process) Wait(ctx context.Context) (int, error) {
	select {
	case <-p.exited:
		return p.code, nil
	case <-ctx.Done():
		return -1, fmt.Errorf("the process does not end: %w\n%s", ctx.Err(), p.Story())
	}
}

// Stderr is what it wrote to standard error.
func (p *Process) Stderr() string { return p.stderr.String() }

// PID of the process, for measuring.
func (p *Process) PID() int { return p.command.Process.Pid }

// Interrupt sends SIGINT, as Ctrl+C does.
func (p *Process) Interrupt() error { return p.command.Process.Signal(os.Interrupt) }

// Pause stops and Continue continues the process (SIGSTOP, SIGCONT): a machine that hangs.
func (p *Process) Pause() error    { return p.command.Process.Signal(syscall.SIGSTOP) }
func (p *Process) Continue() error { return p.command.Process.Signal(syscall.SIGCONT) }

// Kill ends the process at once.
func (p *Process) Kill() error {
	err := p.command.Process.Kill()
	<-p.exited
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Story tells what the process said, for a failing test.
func (p *Process) Story() string {
	var text strings.Builder
	p.mu.Lock()
	for _, event := range p.events {
		if event.Event == "stats:collected" || event.Event == "main-stream-health:health-snapshot" || event.Event == "speaker" {
			continue
		}
		fmt.Fprintf(&text, "%8.3f %s %.300s\n", event.T, event.Event, event.Data)
	}
	for _, line := range p.other {
		text.WriteString(line + "\n")
	}
	p.mu.Unlock()
	return text.String() + p.stderr.String()
}

// Decode reads the event's data.
func (e Event) Decode(value any) error { return json.Unmarshal(e.Data, value) }

// All returns the events of a name so far, Count how many there are.
func (p *Process) All(event string) []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Event
	for _, e := range p.events {
		if e.Event == event {
			found = append(found, e)
		}
	}
	return found
}

// Count of the events of a name so far.
func (p *Process) Count(event string) int { return len(p.All(event)) }
