package examples_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"

	"parley/connector"
	"parley/connector/connection"
	"parley/connector/internal/fake"
	"parley/connector/session"
	"parley/connector/signal"
)

func Example_session() {
	ctx := context.Background()
	c := newStage(connector.Config{})
	defer c.Close(ctx)

	// One slice of the state: the function is called when it is another one, and only then.
	statuses := make(chan session.Status, 16)
	cancel := connector.WatchSlice(c.Connector, (*session.Snapshot).SystemStatus, session.Same,
		func(status session.Status) { statuses <- status })
	defer cancel()
	fmt.Println(<-statuses)

	check(c.Connect(ctx, account()))
	for status := range statuses { // a slow watcher misses what lies between, never the newest
		if status == session.StatusReadyToCall {
			fmt.Println(status)
			break
		}
	}

	check(c.Call(ctx, connector.CallParameters{Number: "2001", Stream: devices()}))
	s := c.Snapshot() // a value: keep it as long as you like
	fmt.Println("connection:", s.Connection == connection.Established, "call:", s.Call.State, "number:", s.Call.Number)
	fmt.Println("sending:", s.Media.MicrophoneOn, s.Media.CameraOn, "receiving:", s.Streams.Main.ID)
	// Output:
	// system:disconnected
	// system:readyToCall
	// connection: true call: call:connecting number: 2001
	// sending: true true receiving: them
}

func Example_events() {
	ctx := context.Background()
	c := newStage(connector.Config{})
	defer c.Close(ctx)

	var mu sync.Mutex
	var lines []string
	cancel := c.Subscribe(func(e connector.Event) { // on the connector's loop: never block here
		if strings.HasPrefix(e.Name, "connection:") {
			payload, _ := json.Marshal(e.Data)
			mu.Lock()
			lines = append(lines, e.Name+" "+string(payload))
			mu.Unlock()
		}
	})
	p := account()
	p.Register = false // a guest
	p.User, p.Password = "", ""
	registered := expect(c.Connector, "connection:connect-succeeded")
	check(c.Connect(ctx, p))
	registered()
	cancel()

	mu.Lock()
	defer mu.Unlock()
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		fmt.Println(name)
	}
	// Output:
	// connection:connect-started
	// connection:connect-parameters-resolve-success
	// connection:connecting
	// connection:connected
	// connection:connected-with-configuration
	// connection:connect-succeeded
}

func Example_errors() {
	ctx := context.Background()
	c := newStage(connector.Config{})
	defer c.Close(ctx)
	check(c.Connect(ctx, account()))
	c.network.Last().SetAnswer(func(s *fake.Session) {
		s.End(signal.End{Originator: signal.Remote, Cause: signal.CauseBusy, StatusCode: 486, Reason: "Busy Here"})
	})

	err := c.Call(ctx, connector.CallParameters{Number: "2001"})
	var failed *connector.CallError
	if errors.As(err, &failed) {
		fmt.Println(failed.Originator, failed.Cause, failed.StatusCode)
	}
	fmt.Println(c.Snapshot().LastError != nil) // what a person should read, until the next attempt
	// Output:
	// remote Busy 486
	// true
}

func Example_operationQueue() {
	ctx := context.Background()
	c := newStage(connector.Config{})
	defer c.Close(ctx)
	release := make(chan struct{})
	c.network.Script = func(n int, a *fake.Agent) {
		if n == 0 {
			<-release // a server that takes its time
			return
		}
		a.Connect()
	}

	// The first connect is under way, then a person changes the account: the newer operation makes the older one
	// irrelevant, and both callers are told.
	started := expect(c.Connector, "connection:connect-parameters-resolve-success")
	first := make(chan error, 1)
	go func() { first <- c.Connect(ctx, account()) }()
	started()
	disconnected := make(chan error, 1)
	go func() { disconnected <- c.Disconnect(ctx) }()
	fmt.Println("first settled with an error:", <-first != nil)
	fmt.Println("disconnect:", <-disconnected)
	close(release)

	fmt.Println("second:", c.Connect(ctx, account()))
	s := c.Snapshot()
	fmt.Println(s.SystemStatus())
	// Output:
	// first settled with an error: true
	// disconnect: <nil>
	// second: <nil>
	// system:readyToCall
}

func Example_debugging() {
	ctx := context.Background()
	// Every event, every transition and every event that a state did not accept, at debug.
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		}}))
	c := newStage(connector.Config{Logger: logger})
	p := account()
	p.SIPServerIP = ""
	err := c.Connect(ctx, p)
	check(c.Close(ctx))
	fmt.Println(err)
	// Output:
	// msg="state changed" machine=connection from=connection:idle to=connection:preparing event=START_CONNECT
	// msg=event name=connection:connect-started
	// msg=event name=connection:connect-parameters-resolve-success
	// msg=event name=connection:connect-failed
	// msg="state changed" machine=connection from=connection:preparing to=connection:disconnected event=UA_DISCONNECTED
	// msg="event not accepted" machine=connection state=connection:disconnected event=UA_DISCONNECTED
	// msg="state changed" machine=connection from=connection:disconnected to=connection:idle event=RESET
	// connect: sipServerIp is missing
}
