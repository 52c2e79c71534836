package autoconnect

import "syscall"

// routing tells of changes of links, addresses and routes (route(4)).
type routing struct{}

// SystemNetwork is this machine's network.
func SystemNetwork() Network { return routing{} }

// Subscribe opens a routing socket; when that is not possible, interfaces are looked at now and then.
func (routing) Subscribe(fn func(NetworkEvent)) (cancel func()) {
	// The lock keeps a program that is started this moment from inheriting the socket.
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(syscall.AF_ROUTE, syscall.SOCK_RAW, syscall.AF_UNSPEC)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return polling{}.Subscribe(fn)
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		_ = syscall.Close(fd)
		return polling{}.Subscribe(fn)
	}
	return follow(fd, fn)
}

// changes tells whether a message is on links or addresses: its length, a version and its kind come first (rt_msghdr).
func changes(message []byte) bool {
	if len(message) < 4 {
		return false
	}
	switch message[3] {
	case syscall.RTM_NEWADDR, syscall.RTM_DELADDR, syscall.RTM_IFINFO:
		return true
	}
	return false
}
