package autoconnect

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// look lists the addresses by which this machine can be reached from elsewhere, sorted; empty means offline.
type look func() ([]string, error)

// current is the look at this machine. An error tells nothing of its network: the process may have no file descriptor left.
func current() ([]string, error) {
	var addresses []string
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagRunning == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		list, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range list {
			if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLinkLocalUnicast() {
				addresses = append(addresses, i.Name+" "+strings.ToLower(ip.String()))
			}
		}
	}
	slices.Sort(addresses)
	return addresses, nil
}

// lookout remembers the last look.
type lookout struct {
	look  look
	state []string
	known bool
	lived []string // the last state that was not empty
}

func newLookout(l look) *lookout {
	o := &lookout{look: l}
	state, err := l()
	o.state, o.known, o.lived = state, err == nil, state
	return o
}

// again looks and names what has changed since. A look that fails changes nothing.
func (o *lookout) again() (NetworkEvent, bool) {
	next, err := o.look()
	if err != nil {
		return "", false
	}
	before, known, lived := o.state, o.known, o.lived
	o.state, o.known = next, true
	if len(next) > 0 {
		o.lived = next
	}
	if !known { // there is nothing to compare with; whoever listens had better look
		return NetworkChange, true
	}
	event, told := compare(before, next)
	if told && event != Offline && moved(lived, next) {
		event = Moved
	}
	return event, told
}

// moved tells whether none of the addresses that there were is left.
func moved(before, after []string) bool {
	return len(before) > 0 && !slices.ContainsFunc(before, func(had string) bool {
		return slices.ContainsFunc(after, func(has string) bool { return address(had) == address(has) })
	})
}

// address of an entry of a look, which begins with its interface.
func address(entry string) string {
	_, ip, _ := strings.Cut(entry, " ")
	return ip
}

// compare names the event between two lists of addresses.
func compare(before, after []string) (NetworkEvent, bool) {
	switch {
	case slices.Equal(before, after):
		return "", false
	case len(after) == 0:
		return Offline, true
	case len(before) == 0:
		return Online, true
	}
	return NetworkChange, true
}

// pollInterval of a system that tells nothing.
const pollInterval = 5 * time.Second

// polling looks at the interfaces now and then.
type polling struct{}

// Subscribe looks until it is cancelled.
func (polling) Subscribe(fn func(NetworkEvent)) (cancel func()) {
	quit := make(chan struct{})
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		defer done.Done()
		ticker := time.NewTicker(pollInterval)
		defer ticker.Stop()
		state := newLookout(current)
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
			}
			if event, told := state.again(); told {
				fn(event)
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() { close(quit) })
		done.Wait()
	}
}
