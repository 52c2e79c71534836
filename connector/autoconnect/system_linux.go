package autoconnect

import (
	"encoding/binary"
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
	return follow(fd, fn)
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
