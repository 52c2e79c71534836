package connector_test

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley/connector"
	"parley/connector/autoconnect"
)

// network is a machine's network that tests switch.
type network struct {
	mu   sync.Mutex
	next int
	fns  map[int]func(autoconnect.NetworkEvent)
}

func (n *network) Subscribe(fn func(autoconnect.NetworkEvent)) func() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fns == nil {
		n.fns = map[int]func(autoconnect.NetworkEvent){}
	}
	n.next++
	id := n.next
	n.fns[id] = fn
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.fns, id)
	}
}

// subscribers counts who listens.
func (n *network) subscribers() int { n.mu.Lock(); defer n.mu.Unlock(); return len(n.fns) }

func (n *network) tell(e autoconnect.NetworkEvent) {
	n.mu.Lock()
	fns := slices.Collect(maps.Values(n.fns))
	n.mu.Unlock()
	for _, fn := range fns {
		fn(e)
	}
	synctest.Wait()
}

// What comes of the network's changes, its loss and its return.
func TestNetworkEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.close()
		net := &network{}
		w.rebuild(connector.Config{Network: net})
		w.must(w.c.AutoConnect(t.Context(), user()))
		agents := func(what string, want int) {
			t.Helper()
			if n := len(w.net.Agents()); n != want {
				t.Errorf("%s: %d user agents, want %d", what, n, want)
			}
		}
		net.tell(autoconnect.NetworkChange) // the ping is answered: nothing
		agents("alive", 1)
		time.Sleep(time.Second)
		w.net.Last().SetOptionsErr(errors.New("dead"))
		net.tell(autoconnect.NetworkChange)
		agents("dead", 2)
		net.tell(autoconnect.Offline)
		time.Sleep(time.Second)
		net.tell(autoconnect.Online) // within the grace
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring {
			t.Errorf("after a short gap: %s", s.AutoConnector)
		}
		net.tell(autoconnect.Offline)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.Idle || s.Connection != "connection:idle" {
			t.Errorf("offline: %s %s", s.AutoConnector, s.Connection)
		}
		net.tell(autoconnect.Online)
		if s := w.c.Snapshot(); s.AutoConnector != autoconnect.ConnectedMonitoring {
			t.Errorf("online again: %s", s.AutoConnector)
		}
	})
}
