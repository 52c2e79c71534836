// Package fault makes a network bad on purpose: it loses and delays the packets of peer connections, so that tests and QA
// can see what a client makes of it. Everything a peer connection sends and receives is hit, connectivity checks (ICE) and
// handshakes too, as on a real network.
package fault

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
)

// Setting is what happens to the packets of one direction.
type Setting struct {
	Drop  float64       // share that is lost, 0 to 1
	Delay time.Duration // of every packet
}

// maxDelayed is how many packets wait at most in one direction of a socket; more are lost.
const maxDelayed = 4096

// Link is a network that can be made bad while it is in use. The zero value is a good one.
type Link struct {
	in, out atomic.Pointer[Setting] // nil: good
	cuts    atomic.Uint64           // sockets of before the last cut are dead
}

// Cut makes the sockets that are in use now dead for good, as when somebody walks from one network to another: nothing goes
// in or out. Sockets that are opened from now on are as good as the settings say.
func (l *Link) Cut() { l.cuts.Add(1) }

// Set changes both directions: in is what comes from the client.
func (l *Link) Set(in, out Setting) {
	store(&l.in, in)
	store(&l.out, out)
}

// Get is how the link is now.
func (l *Link) Get() (in, out Setting) {
	if s := l.in.Load(); s != nil {
		in = *s
	}
	if s := l.out.Load(); s != nil {
		out = *s
	}
	return in, out
}

func store(p *atomic.Pointer[Setting], s Setting) {
	if s == (Setting{}) {
		p.Store(nil)
		return
	}
	p.Store(&s)
}

// Net is the link as pion wants it.
func (l *Link) Net() (transport.Net, error) {
	system, err := stdnet.NewNet()
	if err != nil {
		return nil, fmt.Errorf("network interfaces: %w", err)
	}
	return &network{system, l}, nil
}

type network struct {
	*stdnet.Net
	link *Link
}

func (n *network) ListenUDP(name string, address *net.UDPAddr) (transport.UDPConn, error) {
	inner, err := net.ListenUDP(name, address)
	if err != nil {
		return nil, err
	}
	return &conn{UDPConn: inner, link: n.link, born: n.link.cuts.Load(), closed: make(chan struct{})}, nil
}

// conn is a socket on a link. While packets are delayed, goroutines carry them; they start with the first delay and end
// with the socket.
type conn struct {
	*net.UDPConn
	link *Link
	born uint64 // how many cuts there had been

	closed chan struct{}
	once   sync.Once
	work   sync.WaitGroup

	mu  sync.Mutex
	in  chan packet // nil until a delay was asked for
	out chan packet
}

type packet struct {
	bytes   []byte
	address netip.AddrPort
	due     time.Time
	err     error
}

// ReadFromAddrPort reads the next packet that is not lost, at its time. Not for concurrent use.
func (c *conn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		c.mu.Lock()
		in := c.in
		c.mu.Unlock()
		if in != nil {
			return c.readDelayed(in, b)
		}
		n, from, err := c.receive(b)
		if err != nil {
			return n, from, err
		}
		s := c.link.in.Load()
		if c.dead() {
			continue
		}
		if s == nil {
			return n, from, nil
		}
		if lost(s) {
			continue
		}
		if s.Delay > 0 {
			c.pump(packet{append([]byte(nil), b[:n]...), from, time.Now().Add(s.Delay), nil})
			continue
		}
		return n, from, nil
	}
}

// dead tells whether the link was cut after the socket was opened.
func (c *conn) dead() bool { return c.born != c.link.cuts.Load() }

func (c *conn) receive(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}

func (c *conn) readDelayed(in <-chan packet, b []byte) (int, netip.AddrPort, error) {
	select {
	case p := <-in:
		if p.err != nil {
			return 0, netip.AddrPort{}, p.err
		}
		if !c.until(p.due) {
			return 0, netip.AddrPort{}, net.ErrClosed
		}
		return copy(b, p.bytes), p.address, nil
	case <-c.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

// pump reads on, from now to the end of the socket, so that packets get their time when they come.
func (c *conn) pump(first packet) {
	in := make(chan packet, maxDelayed)
	in <- first
	c.mu.Lock()
	c.in = in
	c.mu.Unlock()
	c.work.Go(func() {
		buffer := make([]byte, 65536)
		for {
			n, from, err := c.receive(buffer)
			p := packet{address: from, due: time.Now(), err: err}
			if err == nil {
				s := c.link.in.Load()
				if c.dead() || s != nil && lost(s) {
					continue
				}
				if s != nil {
					p.due = p.due.Add(s.Delay)
				}
				p.bytes = append([]byte(nil), buffer[:n]...)
			}
			select {
			case in <- p:
			case <-c.closed:
				return
			default:
			}
			if err != nil {
				return
			}
		}
	})
}

// WriteToAddrPort sends a packet, later or never.
func (c *conn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s := c.link.out.Load()
	if c.dead() || s != nil && lost(s) {
		return len(b), nil
	}
	c.mu.Lock()
	out := c.out
	if out == nil && s != nil && s.Delay > 0 {
		out = c.carry()
	}
	c.mu.Unlock()
	if out == nil {
		return c.WriteToUDPAddrPort(b, to)
	}
	p := packet{bytes: append([]byte(nil), b...), address: to, due: time.Now()}
	if s != nil {
		p.due = p.due.Add(s.Delay)
	}
	select {
	case out <- p:
	default:
	}
	return len(b), nil
}

// carry begins to send delayed packets. c.mu is held.
func (c *conn) carry() chan packet {
	out := make(chan packet, maxDelayed)
	select {
	case <-c.closed:
		return out
	default:
	}
	c.out = out
	c.work.Go(func() {
		for {
			select {
			case p := <-out:
				if !c.until(p.due) {
					return
				}
				_, _ = c.WriteToUDPAddrPort(p.bytes, p.address) // an error means the socket is closed, or is as good as loss
			case <-c.closed:
				return
			}
		}
	})
	return out
}

// until waits; false when the socket was closed first.
func (c *conn) until(due time.Time) bool {
	wait := time.Until(due)
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.closed:
		return false
	}
}

// ReadFrom as net.PacketConn.
func (c *conn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo as net.PacketConn.
func (c *conn) WriteTo(b []byte, to net.Addr) (int, error) {
	address, ok := to.(*net.UDPAddr)
	if !ok {
		return c.UDPConn.WriteTo(b, to)
	}
	return c.WriteToAddrPort(b, address.AddrPort())
}

// Close ends the socket; what is delayed is lost.
func (c *conn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		c.mu.Lock()
		close(c.closed)
		c.mu.Unlock()
		err = c.UDPConn.Close()
	})
	c.work.Wait()
	return err
}

func lost(s *Setting) bool { return s.Drop > 0 && rand.Float64() < s.Drop }
