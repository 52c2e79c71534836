package autoconnect

import (
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// current lists the addresses by which this machine can be reached from elsewhere, sorted; empty means offline.
func current() []string {
	var addresses []string
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
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
	return addresses
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
		state := current()
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
			}
			next := current()
			if event, told := compare(state, next); told {
				fn(event)
			}
			state = next
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() { close(quit) })
		done.Wait()
	}
}
