package instance

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"parley/internal/wholefile"
)

// portDoor is a port on the loopback interface for systems without Unix sockets of one user. Any program of this machine
// can reach the port; only one that can read the file knows the token.
type portDoor struct {
	file   string
	secret string
}

// address is what the file says.
type address struct {
	Address string `json:"address"`
	Token   string `json:"token"`
}

// checkTime bounds the question whether somebody listens; on the loopback interface that is known at once.
const checkTime = time.Second

func (d *portDoor) listen() (net.Listener, error) {
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	if conn, err := d.dial(ctx); err == nil {
		return nil, errors.Join(ErrRunning, conn.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d.secret = rand.Text()
	if err := d.write(address{listener.Addr().String(), d.secret}); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// write puts the file in place whole, readable by this user only.
func (d *portDoor) write(a address) error {
	encoded, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return wholefile.Write(d.file, encoded)
}

func (d *portDoor) dial(ctx context.Context) (net.Conn, error) {
	text, err := os.ReadFile(d.file)
	if err != nil {
		return nil, err
	}
	var a address
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("read %s: %w", d.file, err)
	}
	host, _, err := net.SplitHostPort(a.Address)
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return nil, fmt.Errorf("%s does not name a port of this machine", d.file)
	}
	d.secret = a.Token
	return (&net.Dialer{}).DialContext(ctx, "tcp", a.Address)
}

func (d *portDoor) token() string { return d.secret }

func (d *portDoor) close() error {
	if err := os.Remove(d.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
