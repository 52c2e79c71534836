package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"
)

// devtools speaks the Chrome DevTools Protocol over one WebSocket.
type devtools struct {
	conn   *websocket.Conn
	cancel context.CancelFunc
	done   chan struct{}

	mu      sync.Mutex
	next    int
	pending map[int]chan reply
	err     error
	console func(text string)
}

type reply struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

type envelope struct {
	ID        int             `json:"id"`
	Method    string          `json:"method"`
	SessionID string          `json:"sessionId"`
	Params    json.RawMessage `json:"params"`
	Result    json.RawMessage `json:"result"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// messageLimit is enough for any statistics a page returns.
const messageLimit = 64 << 20

func dialDevtools(ctx context.Context, url string, console func(text string)) (*devtools, error) {
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return nil, fmt.Errorf("devtools: %w", err)
	}
	conn.SetReadLimit(messageLimit)
	running, cancel := context.WithCancel(context.Background())
	d := &devtools{conn: conn, cancel: cancel, done: make(chan struct{}), pending: map[int]chan reply{}, console: console}
	go d.read(running)
	return d, nil
}

func (d *devtools) read(ctx context.Context) {
	defer close(d.done)
	for {
		_, text, err := d.conn.Read(ctx)
		if err != nil {
			d.fail(err)
			return
		}
		var message envelope
		if err := json.Unmarshal(text, &message); err != nil {
			d.fail(fmt.Errorf("devtools: %w", err))
			return
		}
		d.handle(message)
	}
}

func (d *devtools) handle(message envelope) {
	if message.Method == "Runtime.consoleAPICalled" || message.Method == "Runtime.exceptionThrown" {
		d.console(plainText(message.Params))
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	waiting, ok := d.pending[message.ID]
	if !ok {
		return
	}
	delete(d.pending, message.ID)
	next := reply{Result: message.Result}
	if message.Error != nil {
		next.Error = &struct{ Message string }{message.Error.Message}
	}
	waiting <- next // one place is reserved for it
}

func (d *devtools) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
	for id, waiting := range d.pending {
		delete(d.pending, id)
		close(waiting)
	}
}

// call runs one command, in a session or ("") in the browser, and decodes its result.
func (d *devtools) call(ctx context.Context, session, method string, params, result any) error {
	waiting := make(chan reply, 1)
	d.mu.Lock()
	if d.err != nil {
		defer d.mu.Unlock()
		return fmt.Errorf("%s: %w", method, d.err)
	}
	d.next++
	id := d.next
	d.pending[id] = waiting
	d.mu.Unlock()

	request := map[string]any{"id": id, "method": method, "params": params}
	if session != "" {
		request["sessionId"] = session
	}
	text, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if err := d.conn.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case got, ok := <-waiting:
		switch {
		case !ok:
			return fmt.Errorf("%s: the browser is gone", method)
		case got.Error != nil:
			return fmt.Errorf("%s: %s", method, got.Error.Message)
		case result == nil:
			return nil
		}
		return json.Unmarshal(got.Result, result)
	case <-ctx.Done():
		d.mu.Lock()
		delete(d.pending, id)
		d.mu.Unlock()
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// evaluate runs an expression, awaits its promise and decodes the value.
func (d *devtools) evaluate(ctx context.Context, session, expression string, value any) error {
	var got struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	params := map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}
	if err := d.call(ctx, session, "Runtime.evaluate", params, &got); err != nil {
		return fmt.Errorf("%s: %w", expression, err)
	}
	if got.Exception != nil {
		return fmt.Errorf("%s: %s %s", expression, got.Exception.Text, got.Exception.Exception.Description)
	}
	if value == nil || len(got.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(got.Result.Value, value)
}

func (d *devtools) close() error {
	err := d.conn.CloseNow()
	d.cancel()
	<-d.done
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// plainText is what a console message says, without where and when.
func plainText(parameters json.RawMessage) string {
	var message struct {
		Args []struct {
			Value json.RawMessage `json:"value"`
		} `json:"args"`
	}
	var text string
	if json.Unmarshal(parameters, &message) == nil && len(message.Args) > 0 &&
		json.Unmarshal(message.Args[0].Value, &text) == nil {
		return text
	}
	return string(parameters)
}
