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
		if errors.Is(err, errHurried) && ctx.Err() == nil {
			attempt--
			continue
		}
		_ = a.do(func() { a.socketLost(opened, err) })
		if ctx.Err() != nil {
			return
		}
		if opened {
			attempt = 0
		}
		select {
		case <-time.After(a.recoveryDelay(attempt)):
		case <-a.hurry:
		case <-ctx.Done():
			return
		}
	}
}

// runSocket opens a socket and runs it to its end.
func (a *agent) runSocket(ctx context.Context) (opened bool, err error) {
	conn, err := a.open(ctx)
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

// errHurried is an attempt to open a socket that was ended by Reopen.
var errHurried = errors.New("the attempt begins anew")

// open dials. What Reopen has cut short is errHurried, even where it has succeeded by then.
func (a *agent) open(ctx context.Context) (connection, error) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	a.mu.Lock()
	a.dialing, a.hurried = cancel, false
	select {
	case <-a.hurry: // this is the attempt that was asked for
	default:
	}
	a.mu.Unlock()
	conn, err := a.dial(dialing)
	a.mu.Lock()
	a.dialing = nil
	hurried := a.hurried
	a.mu.Unlock()
	if !hurried {
		return conn, err
	}
	if err == nil {
		_ = conn.CloseNow()
	}
	return nil, errHurried
}

// Reopen cuts the socket, and another one is opened at once: the pause after a loss is for servers that are down, and who asks for
// this knows better. Where there is none, an attempt to open one begins anew: the one that runs may take a way that is gone.
func (a *agent) Reopen() {
	_ = a.do(func() {
		if a.leaving {
			return
		}
		a.notify(func(h *signal.Handler) {
			if h.OnReopen != nil {
				h.OnReopen()
			}
		})
		if a.socket != nil {
			a.noPause()
			go func(s *socket) { _ = s.conn.CloseNow() }(a.socket)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.dialing != nil {
			a.hurried = true
			a.dialing()
			return
		}
		a.noPause()
	})
}

// noPause ends the pause before the next attempt, or leaves it out.
func (a *agent) noPause() {
	select {
	case a.hurry <- struct{}{}:
	default:
	}
}

func (a *agent) socketOpened(s *socket) {
	outdated := len(a.hurry) > 0 // Reopen came when the attempt had ended and this was not known yet; the next one begins at once
	if a.leaving || outdated {
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
