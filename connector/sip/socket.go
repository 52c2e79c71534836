package sip

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
	"parley/connector/sip/websocket"
)

// socket is one opened connection with its transactions.
type socket struct {
	conn  connection
	layer *transaction.Layer
}

// keepConnected opens the socket, runs it until it is lost, waits, and so on until ctx ends. It is the only place where a
// socket is opened: nothing dials silently.
func (a *agent) keepConnected(ctx context.Context) {
	for attempt := 1; ; attempt++ {
		_ = a.do(func() {
			a.notify(func(h *signal.Handler) {
				if h.OnConnecting != nil {
					h.OnConnecting(attempt)
				}
			})
		})
		opened, err := a.runSocket(ctx)
		if ctx.Err() != nil {
			_ = a.do(func() { a.socketLost(opened, err) })
			return
		}
		_ = a.do(func() { a.socketLost(opened, err) })
		if opened {
			attempt = 0
		}
		select {
		case <-time.After(a.recoveryDelay(attempt)):
		case <-ctx.Done():
			return
		}
	}
}

// runSocket opens a socket and runs it to its end.
func (a *agent) runSocket(ctx context.Context) (opened bool, err error) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, err := a.dial(dialing)
	cancel()
	if err != nil {
		return false, err
	}
	s := &socket{conn: conn}
	s.layer = transaction.New(conn, transaction.Options{
		Transport: a.transport, Host: a.host, Logger: a.log,
		OnRequest: func(req *sip.Request, tx *transaction.Server) {
			a.queue.room()
			if tx != nil && req.Method == sip.INVITE {
				tx.OnCancel(func() { a.post(func() { a.canceled(tx) }) })
			}
			a.post(func() { a.receive(req, tx) })
		},
		OnStray: func(res *sip.Response) { a.post(func() { a.receiveStray(res) }) },
	})
	if err := a.do(func() { a.socketOpened(s) }); err != nil {
		_ = conn.CloseNow()
		return false, err
	}
	err = s.layer.Run(ctx)
	_ = conn.CloseNow()
	return true, err
}

func (a *agent) socketOpened(s *socket) {
	if a.leaving {
		// Stop looks for the socket to close; it must not find one that nobody has seen.
		go func() { _ = s.conn.CloseNow() }()
		return
	}
	a.socket = s
	a.log.Info("signalling connected", "transport", a.transport)
	a.notify(func(h *signal.Handler) {
		if h.OnConnected != nil {
			h.OnConnected()
		}
	})
	farewells := a.farewells
	a.farewells = nil
	for _, d := range farewells {
		a.sendBye(d, "", nil)
	}
	if a.registration.wanted {
		a.registration.register(nil)
	}
}

// socketLost tells everyone. Established sessions stay: their media does not pass here, and their dialogs go on over the
// next socket.
func (a *agent) socketLost(opened bool, err error) {
	a.socket = nil
	for _, s := range a.sessions {
		s.socketLost()
	}
	if a.leaving {
		return // leave says it
	}
	d := signal.Disconnect{Code: websocket.AbnormalClosure, Err: err}
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		d.Code, d.Reason = closed.Code, closed.Reason
	}
	a.log.Info("signalling disconnected", "opened", opened, "code", d.Code, "reason", d.Reason, "error", err)
	a.notify(func(h *signal.Handler) {
		if h.OnDisconnected != nil {
			h.OnDisconnected(d)
		}
	})
	a.registration.lost()
}

// recoveryDelay before the next attempt to open the socket: random between bounds that rise with the number of failures
// in a row, from RecoveryMin to RecoveryMax.
func (a *agent) recoveryDelay(failures int) time.Duration {
	lowest, highest := a.config.RecoveryMin, a.config.RecoveryMax
	steps := time.Duration(min(failures+1, 3))
	upper := lowest + (highest-lowest)*steps/3
	lower := lowest + (upper-lowest)*(steps-1)/3
	if upper <= lower {
		return lower
	}
	return lower + rand.N(upper-lower+1)
}

// DropSocket cuts the present socket without a handshake, as a broken network would; it tells whether there was one. What
// follows is what follows any loss: OnDisconnected, and a new socket after a while.
func (a *agent) DropSocket() (dropped bool) {
	_ = a.do(func() {
		if a.socket == nil {
			return
		}
		dropped = true
		conn := a.socket.conn
		go func() { _ = conn.CloseNow() }() // the loop waits for nothing
	})
	return dropped
}
