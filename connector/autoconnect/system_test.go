//go:build linux

package autoconnect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// What two looks at the addresses of this machine mean.
func TestCompare(t *testing.T) {
	home, office := []string{"wlan0 192.0.2.1/24"}, []string{"eth0 198.51.100.7/24"}
	for _, c := range []struct {
		before, after []string
		want          NetworkEvent
	}{{home, home, ""}, {nil, nil, ""}, {home, nil, Offline}, {nil, home, Online}, {home, office, NetworkChange}} {
		if event, told := compare(c.before, c.after); event != c.want || told != (c.want != "") {
			t.Errorf("%v to %v: %q, %v", c.before, c.after, event, told)
		}
	}
}

// A look that fails is no loss of the network.
func TestALookThatFailsTellsNothing(t *testing.T) {
	home, office := []string{"wlan0 192.0.2.1/24"}, []string{"eth0 198.51.100.7/24"}
	broken := errors.New("too many open files")
	type seen struct {
		addresses []string
		err       error
		want      NetworkEvent // "" for none
	}
	for _, c := range [][]seen{
		{{home, nil, ""}, {nil, broken, ""}, {nil, broken, ""}, {home, nil, ""}, {nil, nil, Offline}},
		{{home, nil, ""}, {nil, broken, ""}, {office, nil, Moved}},
		{{home, nil, ""}, {append(office, home...), nil, NetworkChange}, {office, nil, NetworkChange}}, // one after the other
		{{home, nil, ""}, {nil, nil, Offline}, {[]string{"usb0 192.0.2.1/24"}, nil, Online}},
		{{home, nil, ""}, {nil, nil, Offline}, {nil, broken, ""}, {office, nil, Moved}},
		{{nil, nil, ""}, {nil, broken, ""}, {home, nil, Online}},
		{{nil, broken, ""}, {nil, broken, ""}, {home, nil, NetworkChange}, {home, nil, ""}},
	} {
		at := 0
		l := newLookout(func() ([]string, error) { return c[at].addresses, c[at].err })
		for at = 1; at < len(c); at++ {
			if event, told := l.again(); event != c[at].want || told != (c[at].want != "") {
				t.Errorf("%v, look %d: %q, %v", c, at, event, told)
			}
		}
	}
}

// Where the system tells nothing, its interfaces are looked at now and then; nothing changes here, and nothing is told.
func TestPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancel := polling{}.Subscribe(func(e NetworkEvent) { t.Errorf("told %s", e) })
		time.Sleep(3 * pollInterval)
		cancel()
	})
}

// message of rtnetlink(7) with an empty body.
func message(kind uint16, length uint32) []byte {
	var b bytes.Buffer
	for _, v := range []any{length, kind, uint16(0), uint32(0), uint32(0)} {
		_ = binary.Write(&b, binary.NativeEndian, v) // into memory
	}
	return b.Bytes()
}

// Datagrams of links and addresses count, others and broken ones do not.
func TestChanges(t *testing.T) {
	route, address := message(syscall.RTM_NEWROUTE, 16), message(syscall.RTM_DELADDR, 16)
	for _, c := range []struct {
		datagram []byte
		want     bool
	}{
		{nil, false}, {route, false}, {address, true}, {append(append([]byte{}, route...), address...), true},
		{append(message(syscall.RTM_NEWROUTE, 0), address...), false},     // a length of nothing: no end in sight
		{append(message(syscall.RTM_NEWROUTE, 1<<31), address...), false}, // longer than the datagram
		{address[:7], false},
	} {
		if got := changes(c.datagram); got != c.want {
			t.Errorf("% x: %v", c.datagram, got)
		}
	}
}

// A datagram makes us look; addresses that are the same are no event. The end of the socket ends the listener.
func TestListen(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		listen(in, func(e NetworkEvent) { t.Errorf("told %s", e) })
	}()
	for _, kind := range []uint16{syscall.RTM_NEWROUTE, syscall.RTM_NEWADDR} {
		if _, err := out.Write(message(kind, 16)); err != nil {
			t.Fatal(err)
		}
	}
	_ = out.Close()
	<-ended
	_ = in.Close()
}

// overrun is a socket that could not hold all messages, once.
type overrun struct{ reads int }

func (o *overrun) Read([]byte) (int, error) {
	if o.reads++; o.reads == 1 {
		return 0, os.NewSyscallError("read", syscall.ENOBUFS)
	}
	return 0, io.EOF
}

// Lost messages do not end the listening.
func TestListenAfterLostMessages(t *testing.T) {
	var socket overrun
	listen(&socket, func(e NetworkEvent) { t.Errorf("told %s", e) })
	if socket.reads != 2 {
		t.Errorf("read %d times", socket.reads)
	}
}
