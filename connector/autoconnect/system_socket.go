//go:build linux || darwin

package autoconnect

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
)

// follow looks at the addresses after each message of a socket that tells of the machine's network, which it takes over.
func follow(fd int, fn func(NetworkEvent)) (cancel func()) {
	socket := os.NewFile(uintptr(fd), "network")
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		defer done.Done()
		listen(socket, fn)
	}()
	return func() {
		_ = socket.Close() // ends the read
		done.Wait()
	}
}

// listen looks at the addresses after each message until the socket ends. When more came than the socket holds, which a busy
// change of networks or a long sleep may bring, the system says so once and drops the rest (netlink(7), route(4)): a look it is worth.
func listen(socket io.Reader, fn func(NetworkEvent)) {
	buffer := make([]byte, 64<<10)
	state := newLookout(current)
	for {
		n, err := socket.Read(buffer)
		lost := errors.Is(err, syscall.ENOBUFS)
		if err != nil && !lost {
			return
		}
		if !lost && !changes(buffer[:n]) {
			continue
		}
		if event, told := state.again(); told {
			fn(event)
		}
	}
}
