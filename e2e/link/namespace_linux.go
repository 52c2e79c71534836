package link

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace with a name (ip-netns(8)) and a TUN device in it.
type namespace struct {
	name    string
	device  *os.File
	address string
}

const deviceName = "parley0"

// prefix of all addresses: every packet for it goes over the wire.
const prefix = "/16"

func newNamespace(name, address string) (*namespace, error) {
	n := &namespace{name: name, address: address}
	if err := ip("netns", "add", name); err != nil {
		return nil, err
	}
	var err error
	if n.device, err = openTUN(name); err != nil {
		return nil, errors.Join(err, n.close())
	}
	for _, arguments := range [][]string{
		{"link", "set", "lo", "up"},
		{"addr", "add", address + prefix, "dev", deviceName},
		{"link", "set", deviceName, "mtu", fmt.Sprint(mtu), "up"},
		// Programs look at the default route to learn which of their addresses leads out.
		{"route", "add", "default", "dev", deviceName},
	} {
		if err := ip(append([]string{"-n", name}, arguments...)...); err != nil {
			return nil, errors.Join(err, n.close())
		}
	}
	return n, nil
}

func (n *namespace) close() error {
	var err error
	if n.device != nil {
		err = n.device.Close()
	}
	return errors.Join(err, ip("netns", "del", n.name))
}

func (n *namespace) move(to string) error {
	// In this order: an address of the same network goes with the first one.
	if err := ip("-n", n.name, "addr", "del", n.address+prefix, "dev", deviceName); err != nil {
		return err
	}
	if err := ip("-n", n.name, "addr", "add", to+prefix, "dev", deviceName); err != nil {
		return err
	}
	n.address = to
	// The route went with the address.
	return ip("-n", n.name, "route", "replace", "default", "dev", deviceName)
}

// command is the one that runs program inside the namespace.
func (n *namespace) command(program string, arguments ...string) (string, []string) {
	return "ip", append([]string{"netns", "exec", n.name, program}, arguments...)
}

func ip(arguments ...string) error {
	out, err := exec.Command("ip", arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// openTUN makes the device inside the namespace. The file goes on working from anywhere.
func openTUN(name string) (*os.File, error) {
	type result struct {
		file *os.File
		err  error
	}
	done := make(chan result)
	go func() {
		// The thread changes its namespace for good: locked and never unlocked, it ends with the goroutine.
		runtime.LockOSThread()
		file, err := tunHere(name)
		done <- result{file, err}
	}()
	r := <-done
	return r.file, r.err
}

func tunHere(name string) (*os.File, error) {
	space, err := os.Open("/run/netns/" + name)
	if err != nil {
		return nil, err
	}
	defer space.Close()
	if err := unix.Setns(int(space.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, fmt.Errorf("setns: %w", err)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(deviceName)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return nil, errors.Join(fmt.Errorf("TUNSETIFF: %w", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), deviceName), nil
}
