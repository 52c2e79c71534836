package connector

import (
	"context"

	"parley/connector/connection"
)

func (p ConnectParameters) parameters() connection.Parameters {
	c := connection.Parameters{SIPServerURL: p.SIPServerURL, SIPServerIP: p.SIPServerIP,
		RemoteAddress: p.RemoteAddress, ICEServers: p.ICEServers, DisplayName: p.DisplayName, Register: p.Register,
		User: p.User, Password: p.Password, SessionTimers: p.SessionTimers, RegisterExpires: p.RegisterExpires,
		RecoveryMin: p.RecoveryMin, RecoveryMax: p.RecoveryMax, ExtraHeaders: p.ExtraHeaders, MaxWidth: p.MaxWidth,
		MaxHeight: p.MaxHeight, Plain: p.Plain, TLS: p.TLS, Attempts: p.Attempts}
	if resolve := p.Resolve; resolve != nil {
		c.Resolve = func(ctx context.Context) (connection.Parameters, error) {
			found, err := resolve(ctx)
			found.Resolve = nil
			return found.parameters(), err
		}
	}
	return c
}

// Register registers, or refreshes the registration.
func (c *Connector) Register(ctx context.Context) error { return c.do(ctx, c.connection.Register, nil) }

// Unregister takes the registration back; the connection stays.
func (c *Connector) Unregister(ctx context.Context) error {
	return c.do(ctx, c.connection.Unregister, nil)
}

// TryRegister unregisters, whatever comes of it, and registers.
func (c *Connector) TryRegister(ctx context.Context) error {
	return c.do(ctx, c.connection.TryRegister, nil)
}

// SendOptions asks a target whether it is there (OPTIONS, RFC 3261 11); the error is a *signal.ResponseError when it
// answered so.
func (c *Connector) SendOptions(ctx context.Context, target string) error {
	return c.do(ctx, func(done func(error)) { c.connection.Options(target, done) }, nil)
}

// Ping asks our own address, 10 s at most: it tells whether the way to the server is there and back.
func (c *Connector) Ping(ctx context.Context) error { return c.do(ctx, c.connection.Ping, nil) }

// SendMessage sends a text or the like to a number or address (MESSAGE, RFC 3428). Those that arrive are
// "connection:newMessage".
func (c *Connector) SendMessage(ctx context.Context, target, contentType string, body []byte) error {
	return c.do(ctx, func(done func(error)) { c.connection.Message(target, contentType, body, done) }, nil)
}

// CheckTelephony tells whether a connection can be had at all, with a second, unregistered user agent that only connects
// and disconnects; connection.ErrTelephony when not. The present connection is not touched.
func (c *Connector) CheckTelephony(ctx context.Context, p ConnectParameters) error {
	var cancel func()
	return c.do(ctx, func(done func(error)) { cancel = c.connection.CheckTelephony(p.parameters(), done) }, func() { cancel() })
}
