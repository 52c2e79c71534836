package autoconnect

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
)

// netlink tells of changes of links, addresses and routes (rtnetlink(7)).
type netlink struct{}

// SystemNetwork is this machine's network.
func SystemNetwork() Network { return netlink{} }

// The multicast groups of rtnetlink.
const (
	groupLink = 0x1
	groupIPv4 = 0x10
	groupIPv6 = 0x100
)

// Subscribe opens a netlink socket; when that is not possible, interfaces are looked at now and then.
func (netlink) Subscribe(fn func(NetworkEvent)) (cancel func()) {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK,
		syscall.NETLINK_ROUTE)
	if err != nil {
		return polling{}.Subscribe(fn)
	}
	address := &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK, Groups: groupLink | groupIPv4 | groupIPv6}
	if err := syscall.Bind(fd, address); err != nil {
		_ = syscall.Close(fd)
		return polling{}.Subscribe(fn)
	}
	socket := os.NewFile(uintptr(fd), "netlink")
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
// change of networks or a long sleep may bring, the system says so once and drops the rest (netlink(7)): a look it is worth.
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

// changes tells whether a datagram holds a message on links or addresses.
func changes(datagram []byte) bool {
	for len(datagram) >= syscall.NLMSG_HDRLEN {
		length := int(binary.NativeEndian.Uint32(datagram))
		switch binary.NativeEndian.Uint16(datagram[4:]) {
		case syscall.RTM_NEWLINK, syscall.RTM_DELLINK, syscall.RTM_NEWADDR, syscall.RTM_DELADDR:
			return true
		}
		aligned := (length + syscall.NLMSG_ALIGNTO - 1) &^ (syscall.NLMSG_ALIGNTO - 1)
		if length < syscall.NLMSG_HDRLEN || aligned > len(datagram) {
			return false
		}
		datagram = datagram[aligned:]
	}
	return false
}
