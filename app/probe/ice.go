package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"parley/connector/rtc"
)

// firstRetry of a STUN request over UDP; it doubles (RFC 8489 6.2.1). Shorter than the RFC's 500 ms: a probe that lost
// one packet should still end within its step.
const firstRetry = 200 * time.Millisecond

// maxICEServers that are checked: a server may name as many as it likes.
const maxICEServers = 16

// ice checks every STUN and TURN server. They are named by the server; known says whether it was asked.
func (p *probe) ice(ctx context.Context, known bool) {
	servers := append(append([]rtc.ICEServer(nil), p.server.ICEServers...), p.o.ICEServers...)
	checked := map[Step]int{}
	for _, server := range servers {
		for _, raw := range server.URLs {
			uri, err := stun.ParseURI(raw)
			step := StepSTUN
			if err == nil && (uri.Scheme == stun.SchemeTypeTURN || uri.Scheme == stun.SchemeTypeTURNS) {
				step = StepTURN
			}
			if checked[StepSTUN]+checked[StepTURN] == maxICEServers {
				return
			}
			checked[step]++
			p.step(ctx, step, raw, func(ctx context.Context) outcome {
				if err != nil {
					return outcome{err: fmt.Errorf("not a STUN or TURN address: %w", err), fix: "Check the server's list of ICE servers."}
				}
				return p.askICE(ctx, uri, server)
			})
		}
	}
	for _, step := range []Step{StepSTUN, StepTURN} {
		switch {
		case checked[step] > 0:
		case known:
			p.skip(step, "the server names none")
		default:
			p.skip(step, "the server could not be asked for its list")
		}
	}
}

// askICE asks a STUN server for our address, or a TURN server for a relay.
func (p *probe) askICE(ctx context.Context, uri *stun.URI, server rtc.ICEServer) outcome {
	relays := uri.Scheme == stun.SchemeTypeTURN || uri.Scheme == stun.SchemeTypeTURNS
	if relays && (server.Username == "" || server.Credential == "") {
		return outcome{err: errors.New("no user name and password for it"), fix: "Give --ice-user and --ice-password, or have the server tell them."}
	}
	conn, remote, err := p.dialICE(ctx, uri)
	if err != nil {
		return outcome{err: err, fix: fixOfICE(uri, err)}
	}
	defer conn.Close()
	// A refusal by ICMP ends the wait at once: the client itself would go on repeating its request.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	conn.failed = cancel
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: remote, Conn: conn, RTO: firstRetry, LoggerFactory: silent{},
		Username: server.Username, Password: server.Credential,
	})
	if err != nil {
		return outcome{err: err}
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		return outcome{err: err}
	}
	if relays {
		return allocate(ctx, uri, client)
	}
	return bind(ctx, uri, client)
}

// bind asks for our address as the server sees it (RFC 8489 3).
func bind(ctx context.Context, uri *stun.URI, client *turn.Client) outcome {
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		return outcome{err: err}
	}
	result, err := client.PerformTransactionWithContext(request, client.TURNServerAddr(), false, ctx)
	if err != nil {
		return failedICE(ctx, uri, err)
	}
	var seen stun.XORMappedAddress
	if err := seen.GetFrom(result.Msg); err != nil {
		return outcome{err: fmt.Errorf("the answer holds no address: %w", err), fix: "Check that this is a STUN server."}
	}
	return outcome{detail: "we are seen as " + seen.String()}
}

// allocate asks for a relayed address (RFC 8656 7), and gives it back.
func allocate(ctx context.Context, uri *stun.URI, client *turn.Client) outcome {
	relay, err := client.AllocateWithContext(ctx)
	var refused *stun.TurnError
	switch {
	case errors.As(err, &refused):
		return outcome{err: fmt.Errorf("the relay is refused: %d %s", refused.ErrorCodeAttr.Code, refused.ErrorCodeAttr.Reason),
			fix: "Check user name and password of the TURN server."}
	case err != nil:
		return failedICE(ctx, uri, err)
	}
	address := relay.LocalAddr().String()
	_ = relay.Close() // the server forgets it in any case
	return outcome{detail: "relays at " + address}
}

func failedICE(ctx context.Context, uri *stun.URI, err error) outcome {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return outcome{err: err, fix: fixOfICE(uri, err)}
}

func fixOfICE(uri *stun.URI, err error) string {
	if !isTimeout(err) && !errors.Is(err, context.DeadlineExceeded) {
		return ""
	}
	return fmt.Sprintf("Check the address, and that no firewall keeps %s port %d closed; without it calls may have neither sound nor picture.",
		transportName(uri), uri.Port)
}

func transportName(uri *stun.URI) string {
	if uri.Proto == stun.ProtoTypeTCP {
		return "TCP"
	}
	return "UDP"
}

// dialICE connects: UDP, TCP, or TLS over TCP.
func (p *probe) dialICE(ctx context.Context, uri *stun.URI) (conn *iceConn, remote string, err error) {
	address := net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port))
	dialer := &net.Dialer{Resolver: p.o.Resolver}
	secure := uri.Scheme == stun.SchemeTypeSTUNS || uri.Scheme == stun.SchemeTypeTURNS
	switch {
	case secure && uri.Proto == stun.ProtoTypeUDP:
		return nil, "", errors.New("DTLS is not checked")
	case secure:
		config := p.o.TLS.Clone()
		if config == nil {
			config = &tls.Config{}
		}
		config.ServerName = uri.Host
		stream, err := (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, "", err
		}
		return &iceConn{PacketConn: turn.NewSTUNConn(stream)}, stream.RemoteAddr().String(), nil
	case uri.Proto == stun.ProtoTypeTCP:
		stream, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, "", err
		}
		return &iceConn{PacketConn: turn.NewSTUNConn(stream)}, stream.RemoteAddr().String(), nil
	}
	socket, err := dialer.DialContext(ctx, "udp", address)
	if err != nil {
		return nil, "", err
	}
	return &iceConn{PacketConn: connected{socket.(*net.UDPConn)}}, socket.RemoteAddr().String(), nil
}

// connected sends to where it is connected to, which makes the system report refusals.
type connected struct{ *net.UDPConn }

func (c connected) WriteTo(b []byte, _ net.Addr) (int, error) { return c.Write(b) }

// iceConn tells of the error that ended it.
type iceConn struct {
	net.PacketConn
	failed context.CancelCauseFunc
}

func (c *iceConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.PacketConn.ReadFrom(b)
	if err != nil {
		c.failed(err)
	}
	return n, from, err
}

// silent is a logger for the TURN client: what fails is in its errors.
type silent struct{}

func (silent) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, nil)
}
