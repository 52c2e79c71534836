package headless

import (
	"crypto/tls"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"
)

// unwrap is a server that speaks http and ws: it passes everything on to one that speaks https and wss.
func unwrap(t *testing.T, target string) *relay {
	t.Helper()
	return relayTo(t, target, func() (net.Conn, error) {
		return tls.Dial("tcp", target, &tls.Config{InsecureSkipVerify: true})
	})
}

// A server without TLS is called when, and only when, a person asks for it.
func TestPlainOnlyWhenAsked(t *testing.T) {
	server := unwrap(t, startRoom(t, nil))
	line := "--server " + server.address() + " --guest" + still + "--to 2001 --duration 100ms"
	start(t, line).fails(t, "could not connect", "does not speak TLS", "port")
	if err := start(t, line+" --plain").end(t); err != nil {
		t.Error(err)
	}
}

// The ICE servers of the command line are asked; their password appears nowhere.
func TestICEServersOfTheCommandLine(t *testing.T) {
	stun, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan bool, 1)
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, _, err := stun.ReadFrom(buffer)
			if err != nil {
				return
			}
			// A STUN message has the magic cookie of RFC 8489 5.
			isSTUN := n >= 20 && binary.BigEndian.Uint32(buffer[4:]) == 0x2112A442
			select {
			case asked <- isSTUN:
			default:
			}
		}
	}()
	defer stun.Close()
	server := startRoom(t, nil)
	c := start(t, "--server "+server+" --insecure-tls --guest"+still+"--to 2001 --duration 100ms --ice-server stun:"+
		stun.LocalAddr().String()+" --ice-user ann --ice-password "+secret)
	if err := c.end(t); err != nil { // which looks for the secret in events and log
		t.Error(err)
	}
	select {
	case isSTUN := <-asked:
		if !isSTUN {
			t.Error("what came is not STUN")
		}
	case <-time.After(time.Second):
		t.Error("the server was not asked")
	}
	if !strings.Contains(c.out.String(), "stun:"+stun.LocalAddr().String()) {
		t.Error("the events do not tell which ICE servers are used")
	}
}
