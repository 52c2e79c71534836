// Package instance sees to it that one window runs for each user: a second start hands what it was given to the first one
// and ends.
//
// The first start holds a door: a Unix socket in the user's own runtime folder (mode 0600), or where there are none, a port
// on the loopback interface whose number and token are in a file only the user can read. What comes through the door is
// one short line, answered with one; whoever cannot or will not keep to that is cut off.
package instance

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

const (
	maxMessage   = 1024 // bytes of a line
	exchangeTime = 2 * time.Second
	maxWaiting   = 8 // messages nobody has taken; more are refused
	startTime    = 3 * time.Second
	retryTime    = 50 * time.Millisecond
	answerTaken  = "ok"
)

// ErrRunning means that another start holds the door.
var ErrRunning = errors.New("parley is running already")

// message is a line through the door.
type message struct {
	Token string `json:"token,omitempty"`
	Link  string `json:"link"` // "" asks for the window only
}

// door is how one start reaches another on this system.
type door interface {
	// listen opens the door; ErrRunning when another process holds it.
	listen() (net.Listener, error)
	dial(ctx context.Context) (net.Conn, error)
	token() string // proves that the other side may read this user's files; "" needs no proof
	close() error
}

// Instance is the running one. Links gives what later starts hand over, "" for a start without a link.
type Instance struct {
	Links <-chan string

	door     door
	listener net.Listener
	links    chan string
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// Acquire makes this process the running instance of a configuration folder, or hands link to the one there is and returns
// ErrRunning. Another folder is another installation, with an instance of its own.
func Acquire(ctx context.Context, configuration, link string) (*Instance, error) {
	sum := sha256.Sum256([]byte(configuration))
	d, err := systemDoor("instance-" + hex.EncodeToString(sum[:6]))
	if err != nil {
		return nil, fmt.Errorf("look for a running instance: %w", err)
	}
	return acquire(ctx, d, link)
}

func acquire(ctx context.Context, d door, link string) (*Instance, error) {
	listener, err := d.listen()
	switch {
	case errors.Is(err, ErrRunning):
		if sending := send(ctx, d, link); sending != nil {
			return nil, fmt.Errorf("hand over to the running instance: %w", sending)
		}
		return nil, ErrRunning
	case err != nil:
		return nil, fmt.Errorf("become the running instance: %w", err)
	}
	i := &Instance{door: d, listener: listener, links: make(chan string, maxWaiting)}
	i.Links = i.links
	i.ctx, i.cancel = context.WithCancel(context.Background())
	i.running.Go(i.serve)
	return i, nil
}

// serve takes one visitor at a time: each lasts exchangeTime at most, and there is nothing to gain from more.
func (i *Instance) serve() {
	for {
		conn, err := i.listener.Accept()
		if err != nil {
			return
		}
		stop := context.AfterFunc(i.ctx, func() { _ = conn.Close() })
		i.receive(conn)
		stop()
		_ = conn.Close()
	}
}

func (i *Instance) receive(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(exchangeTime)) // fails on a closed connection only, and then so does what follows
	line, err := bufio.NewReader(io.LimitReader(conn, maxMessage)).ReadBytes('\n')
	if err != nil {
		return
	}
	var m message
	if json.Unmarshal(line, &m) != nil {
		return
	}
	if subtle.ConstantTimeCompare([]byte(m.Token), []byte(i.door.token())) != 1 {
		return
	}
	select {
	case i.links <- m.Link:
		_, _ = io.WriteString(conn, answerTaken+"\n") // whether the visitor still reads is its own matter
	default: // the window does not keep up: the visitor says so
	}
}

// send hands a link over. The running instance may just be starting or ending: a door that is not open yet is tried again.
func send(ctx context.Context, d door, link string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := visit(ctx, d, link)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(retryTime):
		case <-ctx.Done():
			return err
		}
	}
}

func visit(ctx context.Context, d door, link string) error {
	conn, err := d.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(exchangeTime)); err != nil {
		return err
	}
	line, err := json.Marshal(message{d.token(), link})
	if err != nil {
		return err
	}
	if len(line) >= maxMessage {
		return errors.New("the link is too long")
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return err
	}
	answer, err := bufio.NewReader(io.LimitReader(conn, maxMessage)).ReadString('\n')
	if err != nil || answer != answerTaken+"\n" {
		return errors.New("the running instance did not take it")
	}
	return nil
}

// Close opens the door to the next start and waits until nothing runs.
func (i *Instance) Close() error {
	if i == nil {
		return nil
	}
	i.cancel()
	err := i.listener.Close()
	i.running.Wait()
	return errors.Join(err, i.door.close())
}
