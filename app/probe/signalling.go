package probe

import (
	"context"
	"errors"
	"fmt"

	"parley/connector/connection"
	"parley/connector/signal"
	"parley/connector/sip"
	"parley/connector/sip/websocket"
)

// probeGuest is the user part of our address when nobody registers.
const probeGuest = "100000"

// signalling opens one WebSocket with the connector's user agent, asks with OPTIONS, and registers.
func (p *probe) signalling(ctx context.Context) {
	opened := make(chan error, 1)
	tell := func(err error) {
		select {
		case opened <- err:
		default: // only the first matters: what comes later, the requests find out
		}
	}
	agent, err := p.agent(signal.Handler{
		OnConnected:    func() { tell(nil) },
		OnDisconnected: func(d signal.Disconnect) { tell(disconnection(d)) },
	})
	if err == nil {
		defer p.leave(ctx, agent)
	}
	ok := p.step(ctx, StepWebSocket, p.webSocketURL(), func(ctx context.Context) outcome {
		if err != nil {
			return outcome{err: err}
		}
		return openSocket(ctx, agent, opened)
	})
	if !ok {
		p.skip(StepOptions, "not reached: WebSocket failed")
		p.skip(StepRegistration, "not reached: WebSocket failed")
		return
	}
	p.step(ctx, StepOptions, "", func(ctx context.Context) outcome { return askOptions(ctx, agent) })
	if p.o.User == "" {
		p.skip(StepRegistration, "no --user was given")
		return
	}
	p.step(ctx, StepRegistration, p.o.User, func(ctx context.Context) outcome { return register(ctx, agent) })
}

func (p *probe) webSocketURL() string {
	scheme := "wss"
	if p.o.Plain {
		scheme = "ws"
	}
	return connection.WebSocketURL(scheme, p.server.SIPServerURL)
}

// agent is configured as the connector does it, save that it registers when told.
func (p *probe) agent(handler signal.Handler) (signal.UserAgent, error) {
	parameters := connection.Parameters{
		SIPServerURL: p.server.SIPServerURL, SIPServerIP: p.server.SIPServerIP, RemoteAddress: p.server.RemoteAddress,
		DisplayName: "Parley probe", Register: p.o.User != "", User: p.o.User, Password: p.o.Password, Plain: p.o.Plain, TLS: p.o.TLS,
	}
	config := parameters.UserAgentConfig(connection.Configure(&parameters, probeGuest), p.o.UserAgent, p.o.InstanceID)
	config.Register = false
	return sip.Dialer{Logger: p.o.Logger}.NewUserAgent(config, handler)
}

// leave unregisters and closes the socket; a server that does not answer is not waited for longer than a step.
func (p *probe) leave(ctx context.Context, agent signal.UserAgent) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.o.StepTime)
	defer cancel()
	if err := agent.Stop(ctx); err != nil {
		p.o.Logger.Warn("leave the server", "error", err)
	}
}

func disconnection(d signal.Disconnect) error {
	if d.Err != nil {
		return d.Err
	}
	return fmt.Errorf("the server closed the socket: %d %s", d.Code, d.Reason)
}

func openSocket(ctx context.Context, agent signal.UserAgent, opened <-chan error) outcome {
	if err := agent.Start(); err != nil {
		return outcome{err: err}
	}
	var err error
	select {
	case err = <-opened:
	case <-ctx.Done():
		err = ctx.Err()
	}
	switch {
	case err == nil:
		return outcome{detail: "open, subprotocol sip"}
	case errors.Is(err, context.DeadlineExceeded):
		return outcome{err: errors.New("the server takes the connection and does not answer the WebSocket handshake"),
			fix: "Check the server's WebSocket service and the proxy in front of it."}
	case errors.Is(err, websocket.ErrSubprotocol):
		return outcome{err: errors.New("the WebSocket there does not speak SIP"), fix: "Check the server and its port."}
	}
	return outcome{err: err, fix: "Check that SIP over WebSocket is served at /webrtc/wss/ on this server."}
}

func askOptions(ctx context.Context, agent signal.UserAgent) outcome {
	err := agent.Options(ctx, "")
	var response *signal.ResponseError
	switch {
	case err == nil:
		return outcome{detail: "200"}
	case errors.Is(err, context.DeadlineExceeded):
		return outcome{err: errors.New("the WebSocket is open and no SIP request is answered"),
			fix: "Check the SIP server behind the WebSocket."}
	case errors.As(err, &response) && response.Err == nil && response.StatusCode >= 500 && response.StatusCode < 600:
		return outcome{warning: fmt.Sprintf("the server answers %d %s", response.StatusCode, response.Reason),
			fix: "Ask the server's administrator for its log."}
	case errors.As(err, &response) && response.Err == nil: // a guest is often not found: what counts is that SIP is answered
		return outcome{detail: fmt.Sprintf("SIP is answered (%d %s)", response.StatusCode, response.Reason)}
	}
	return outcome{err: err}
}

func register(ctx context.Context, agent signal.UserAgent) outcome {
	err := agent.Register(ctx)
	switch {
	case err == nil:
		return outcome{detail: "registered"}
	case errors.Is(err, context.DeadlineExceeded):
		return outcome{err: errors.New("the registrar does not answer"), fix: "Check the registrar behind the SIP server."}
	}
	return outcome{err: err}
}
