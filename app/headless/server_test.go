package headless

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/app/cli"
	"parley/app/client"
	"parley/app/problem"
	_ "parley/media/codec/all"
	"parley/roomserver"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	user   = "1001"
	secret = "sEcReT"
)

// startRoom starts a room server with our account and returns its address.
func startRoom(t *testing.T, change func(*roomserver.Config)) string {
	t.Helper()
	config := roomserver.Config{
		Listen: "127.0.0.1:0", Users: map[string]string{user: secret, "1002": secret}, Loopback: true,
	}
	if change != nil {
		change(&config)
	}
	server, err := roomserver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := server.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return server.Addr()
}

// bound is when a run that should have ended counts as hanging.
const bound = 40 * time.Second

// output is standard output as a test reads it: line by line, while it is written.
type output struct {
	mu   sync.Mutex
	text strings.Builder
	note chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.note <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// until waits for an event.
func (o *output) until(ctx context.Context, t *testing.T, event string) {
	t.Helper()
	for !strings.Contains(o.String(), `"event":"`+event+`"`) {
		select {
		case <-o.note:
		case <-ctx.Done():
			t.Fatalf("%s did not come:\n%s", event, o)
		}
	}
}

// running is a run in the background.
type running struct {
	out    *output
	ctx    context.Context
	cancel context.CancelFunc
	done   chan error
	log    *output
}

// start runs `parley call` with these arguments in this process. They are split at blanks.
func start(t *testing.T, line string) *running {
	t.Helper()
	parsed, err := cli.Parse(strings.Fields("call --name Me --events - "+line), "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	c := &running{out: &output{note: make(chan struct{}, 1)}, done: make(chan error, 1), log: &output{note: make(chan struct{}, 1)}}
	c.ctx, c.cancel = context.WithTimeout(t.Context(), bound)
	t.Cleanup(c.cancel)
	options := Options{
		Call:   *parsed.Command.(*cli.Call),
		Client: client.Options{InstanceID: "00000000-0000-4000-8000-000000000001", UserAgent: "test"},
		Stdout: c.out,
		Logger: slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	go func() { c.done <- Run(c.ctx, options) }()
	return c
}

// end waits for the run's end and returns its error; a run that hangs fails the test.
func (c *running) end(t *testing.T) error {
	t.Helper()
	err := <-c.done
	if c.ctx.Err() == context.DeadlineExceeded {
		t.Fatalf("the run did not end by itself: %v\n%s", err, c.out)
	}
	c.cancel()
	if text := c.out.String() + c.log.String(); strings.Contains(text, secret) {
		t.Errorf("the password appears in events or log")
	}
	if t.Failed() {
		t.Logf("events:\n%s\nlog:\n%s", c.out, c.log)
	}
	return err
}

// fails asserts that the run ended with one clear message: what, why and what to do.
func (c *running) fails(t *testing.T, what, why, fix string) {
	t.Helper()
	err := c.end(t)
	var p *problem.Problem
	if !errors.As(err, &p) {
		t.Fatalf("ended with %v; want a problem\n%s\n%s", err, c.out, c.log)
	}
	if !strings.Contains(p.What, what) || !strings.Contains(p.Why, why) || !strings.Contains(p.Fix, fix) {
		t.Errorf("said %q, want what %q, why %q, fix %q", p, what, why, fix)
	}
	said, _ := json.Marshal(p)
	lines := strings.Split(strings.TrimSpace(c.out.String()), "\n")
	if last := lines[len(lines)-1]; !strings.Contains(last, `"event":"failed"`) || !strings.Contains(last, string(said)) {
		t.Errorf("the last event does not say why: %s", last)
	}
}

// relay forwards TCP connections to a server until it is cut.
type relay struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	open     []net.Conn
	closed   bool
	running  sync.WaitGroup
	dial     func() (net.Conn, error)
}

func startRelay(t *testing.T, target string) *relay {
	t.Helper()
	return relayTo(t, target, func() (net.Conn, error) { return net.Dial("tcp", target) })
}

func relayTo(t *testing.T, target string, dial func() (net.Conn, error)) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: listener, target: target, dial: dial}
	r.running.Go(r.accept)
	t.Cleanup(r.cut)
	return r
}

func (r *relay) address() string { return r.listener.Addr().String() }

func (r *relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return
		}
		server, err := r.dial()
		if err != nil {
			client.Close()
			continue
		}
		if !r.keep(client, server) {
			continue
		}
		r.running.Go(func() { io.Copy(server, client); server.Close() })
		r.running.Go(func() { io.Copy(client, server); client.Close() })
	}
}

func (r *relay) keep(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		for _, conn := range conns {
			conn.Close()
		}
		return false
	}
	r.open = append(r.open, conns...)
	return true
}

// drop closes every connection; new ones are taken.
func (r *relay) drop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range r.open {
		conn.Close()
	}
	r.open = nil
}

// cut closes every connection and takes no more.
func (r *relay) cut() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.listener.Close()
	r.drop()
	r.running.Wait()
}
