package fault

import (
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair is a socket on a link and one beside it.
func pair(t *testing.T, l *Link) (c *conn, far *net.UDPConn, to netip.AddrPort) {
	t.Helper()
	n, err := l.Net()
	if err != nil {
		t.Fatal(err)
	}
	udp, err := n.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	c = udp.(*conn)
	t.Cleanup(func() { _ = c.Close() })
	far, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	if err := far.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c, far, far.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestDelayBothWays(t *testing.T) {
	var l Link
	c, far, to := pair(t, &l)
	buffer := make([]byte, 100)
	for _, delay := range []time.Duration{0, 120 * time.Millisecond, 0} {
		l.Set(Setting{Delay: delay}, Setting{Delay: delay})
		begun := time.Now()
		for i := range 3 {
			if _, err := c.WriteToAddrPort([]byte{byte(i)}, to); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 3 {
			n, err := far.Read(buffer)
			if err != nil || n != 1 || buffer[0] != byte(i) {
				t.Fatalf("packet %d: %v %v", i, buffer[:n], err)
			}
		}
		if d := time.Since(begun); d < delay || d > delay+2*time.Second {
			t.Errorf("out: %v instead of %v", d, delay)
		}
		begun = time.Now()
		for i := range 3 {
			if _, err := far.WriteToUDP([]byte{byte(i)}, c.LocalAddr().(*net.UDPAddr)); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 3 {
			n, from, err := c.ReadFromAddrPort(buffer)
			if err != nil || n != 1 || buffer[0] != byte(i) || from != to {
				t.Fatalf("packet %d: %v from %v %v", i, buffer[:n], from, err)
			}
		}
		if d := time.Since(begun); d < delay || d > delay+2*time.Second {
			t.Errorf("in: %v instead of %v", d, delay)
		}
	}
}

func TestShareIsLost(t *testing.T) {
	var l Link
	c, far, to := pair(t, &l)
	l.Set(Setting{Drop: 1}, Setting{Drop: 0.5})
	for range 400 {
		if n, err := c.WriteToAddrPort([]byte{1}, to); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	}
	l.Set(Setting{Drop: 1}, Setting{})
	if _, err := c.WriteTo([]byte{2}, net.UDPAddrFromAddrPort(to)); err != nil {
		t.Fatal(err)
	}
	buffer, came := make([]byte, 10), 0
	for ; ; came++ {
		if _, err := far.Read(buffer); err != nil {
			t.Fatal(err)
		}
		if buffer[0] == 2 {
			break
		}
	}
	if came < 120 || came > 280 {
		t.Errorf("%d of 400 came", came)
	}
	// Everything that comes in is lost; the read goes on until the socket is closed.
	if _, err := far.WriteToUDP([]byte{1}, c.LocalAddr().(*net.UDPAddr)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, _, err := c.ReadFrom(buffer)
		ended <- err
	}()
	_ = c.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestCloseWhilePacketsWait(t *testing.T) {
	var l Link
	c, far, to := pair(t, &l)
	l.Set(Setting{Delay: time.Hour}, Setting{Delay: time.Hour})
	if _, err := c.WriteToAddrPort([]byte{1}, to); err != nil {
		t.Fatal(err)
	}
	if _, err := far.WriteToUDP([]byte{1}, c.LocalAddr().(*net.UDPAddr)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, _, err := c.ReadFromAddrPort(make([]byte, 10))
		ended <- err
	}()
	_ = c.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := c.WriteToAddrPort([]byte{1}, to); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
