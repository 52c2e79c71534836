package peer

import (
	"net"
	"sync/atomic"

	"github.com/pion/transport/v5"
)

// Gate blocks all media of the connections that were made with it, as a firewall that drops UDP would: nothing goes out,
// nothing comes in, nobody is told. Its zero value is open.
type Gate struct{ blocked atomic.Bool }

// Block closes or opens the gate.
func (g *Gate) Block(on bool) { g.blocked.Store(on) }

// Blocked tells whether the gate is closed.
func (g *Gate) Blocked() bool { return g.blocked.Load() }

// network puts the gate in front of a network; nil is this machine's.
func (g *Gate) network(n transport.Net) (transport.Net, error) {
	if n == nil {
		own, err := newMachineNet()
		if err != nil {
			return nil, err
		}
		n = own
	}
	return gatedNet{n, g}, nil
}

type gatedNet struct {
	transport.Net
	gate *Gate
}

// ListenPacket implements transport.Net.
func (n gatedNet) ListenPacket(network, address string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	return gatedPackets{conn, n.gate}, nil
}

// ListenUDP implements transport.Net.
func (n gatedNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return gatedUDP{conn, n.gate}, nil
}

type gatedPackets struct {
	net.PacketConn
	gate *Gate
}

// ReadFrom implements net.PacketConn.
func (c gatedPackets) ReadFrom(b []byte) (n int, from net.Addr, err error) {
	for {
		if n, from, err = c.PacketConn.ReadFrom(b); err != nil || !c.gate.blocked.Load() {
			return n, from, err
		}
	}
}

// WriteTo implements net.PacketConn.
func (c gatedPackets) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.gate.blocked.Load() {
		return len(b), nil
	}
	return c.PacketConn.WriteTo(b, to)
}

type gatedUDP struct {
	transport.UDPConn
	gate *Gate
}

// Read implements net.Conn.
func (c gatedUDP) Read(b []byte) (n int, err error) {
	for {
		if n, err = c.UDPConn.Read(b); err != nil || !c.gate.blocked.Load() {
			return n, err
		}
	}
}

// ReadFrom implements net.PacketConn.
func (c gatedUDP) ReadFrom(b []byte) (n int, from net.Addr, err error) {
	for {
		if n, from, err = c.UDPConn.ReadFrom(b); err != nil || !c.gate.blocked.Load() {
			return n, from, err
		}
	}
}

// ReadFromUDP implements transport.UDPConn.
func (c gatedUDP) ReadFromUDP(b []byte) (n int, from *net.UDPAddr, err error) {
	for {
		if n, from, err = c.UDPConn.ReadFromUDP(b); err != nil || !c.gate.blocked.Load() {
			return n, from, err
		}
	}
}

// ReadMsgUDP implements transport.UDPConn.
func (c gatedUDP) ReadMsgUDP(b, oob []byte) (n, oobn, flags int, from *net.UDPAddr, err error) {
	for {
		if n, oobn, flags, from, err = c.UDPConn.ReadMsgUDP(b, oob); err != nil || !c.gate.blocked.Load() {
			return n, oobn, flags, from, err
		}
	}
}

// Write implements net.Conn.
func (c gatedUDP) Write(b []byte) (int, error) {
	if c.gate.blocked.Load() {
		return len(b), nil
	}
	return c.UDPConn.Write(b)
}

// WriteTo implements net.PacketConn.
func (c gatedUDP) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.gate.blocked.Load() {
		return len(b), nil
	}
	return c.UDPConn.WriteTo(b, to)
}

// WriteToUDP implements transport.UDPConn.
func (c gatedUDP) WriteToUDP(b []byte, to *net.UDPAddr) (int, error) {
	if c.gate.blocked.Load() {
		return len(b), nil
	}
	return c.UDPConn.WriteToUDP(b, to)
}

// WriteMsgUDP implements transport.UDPConn.
func (c gatedUDP) WriteMsgUDP(b, oob []byte, to *net.UDPAddr) (n, oobn int, err error) {
	if c.gate.blocked.Load() {
		return len(b), len(oob), nil
	}
	return c.UDPConn.WriteMsgUDP(b, oob, to)
}
