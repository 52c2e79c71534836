package link

import (
	"errors"
	"fmt"
	"os"
	"sync"
)

// Addresses of the two ends.
const (
	NearAddress = "10.77.0.2"
	FarAddress  = "10.77.0.3"
	// MovedAddress is what Move gives the near end.
	MovedAddress = "10.77.0.4"
)

// Link joins two namespaces.
type Link struct {
	near, far *namespace
	out, back *wire // near to far, far to near
	running   sync.WaitGroup
}

// ErrNotRoot: namespaces and devices are made by root only.
var ErrNotRoot = errors.New("link: needs root")

// New makes the namespaces and joins them. The seed decides which packets are lost.
func New(seed uint64) (*Link, error) {
	if os.Geteuid() != 0 {
		return nil, ErrNotRoot
	}
	near, err := newNamespace(fmt.Sprintf("parley-near-%d", os.Getpid()), NearAddress)
	if err != nil {
		return nil, err
	}
	far, err := newNamespace(fmt.Sprintf("parley-far-%d", os.Getpid()), FarAddress)
	if err != nil {
		return nil, errors.Join(err, near.close())
	}
	l := &Link{near: near, far: far, out: newWire(near.device, far.device, seed), back: newWire(far.device, near.device, seed+1)}
	for _, run := range []func(){l.out.read, l.out.write, l.back.read, l.back.write} {
		l.running.Go(run)
	}
	return l, nil
}

// Set gives both directions the same conditions, from the next packet on.
func (l *Link) Set(c Conditions) {
	l.out.set(c)
	l.back.set(c)
}

// Move gives the near end another address: the old one is gone at once, as when a laptop changes networks.
func (l *Link) Move() error { return l.near.move(MovedAddress) }

// Near and Far wrap a program so that it runs in the near or far namespace.
func (l *Link) Near(program string, arguments ...string) (string, []string) {
	return l.near.command(program, arguments...)
}

// Far see Near.
func (l *Link) Far(program string, arguments ...string) (string, []string) {
	return l.far.command(program, arguments...)
}

// Close takes everything away again.
func (l *Link) Close() error {
	err := errors.Join(l.near.close(), l.far.close())
	l.running.Wait()
	return err
}
