package roomserver

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/roomserver/bot"
	"parley/roomserver/exchange"
	"parley/roomserver/room"
)

// core is what a restart replaces: whoever is connected, registered, called or joined, and the secret of the tokens.
type core struct {
	exchange *exchange.Exchange
	rooms    *room.Rooms
	sockets  context.Context
	cut      context.CancelFunc

	mu     sync.Mutex
	bots   *bot.Group
	visits sync.WaitGroup // calls of bots
	gone   bool
	called map[string]bool // sockets whose user a bot has called
}

func (s *Server) newCore() (*core, error) {
	k := &core{called: map[string]bool{}}
	var err error
	k.rooms, err = room.New(room.Options{
		Codec: s.c.Codec, Loopback: s.c.Loopback, MaxParticipants: s.c.MaxParticipants, TakeOver: s.c.TakeOver,
		TokenLife: s.c.TokenLife, Logger: s.c.Logger, OnEvent: s.event,
	})
	if err != nil {
		return nil, err
	}
	k.exchange, err = exchange.New(exchange.Options{
		Users: s.c.Users, Realm: "parley", Algorithms: s.c.Algorithms, MinExpires: s.c.MinExpires, NoGuests: s.c.NoGuests,
		MaxClients: s.c.MaxClients, MessagesPerSecond: messagesPerSecond, Agent: "Parley", Logger: s.c.Logger,
		IsRoom: s.c.isRoom, OnCall: func(call *exchange.Call) { k.rooms.Call(call) },
		OnEvent: func(name string, data map[string]any) {
			s.event(name, data)
			if name == "registered" {
				s.onRegistered(k, data)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	k.sockets, k.cut = context.WithCancel(context.Background())
	return k, nil
}

// letBotsIn starts the bots of the configuration.
func (k *core) letBotsIn(c Config) error {
	if c.Bots == 0 {
		return nil
	}
	bots, err := bot.Start(k.rooms, c.BotRoom, c.Bots, c.Logger)
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.bots = bots
	k.mu.Unlock()
	if c.BotPresents {
		bots.Present(0)
	}
	return nil
}

// close says goodbye to everyone.
func (k *core) close(ctx context.Context) error {
	k.sendBotsOut()
	err := k.exchange.Close(ctx)
	k.end()
	return err
}

// abort ends everything without a word.
func (k *core) abort() {
	k.exchange.Abort()
	k.sendBotsOut()
	k.end()
}

func (k *core) sendBotsOut() {
	k.mu.Lock()
	bots := k.bots
	k.bots = nil
	k.mu.Unlock()
	if bots != nil {
		bots.Close()
	}
}

// visit runs f, which end waits for; false after end.
func (k *core) visit(f func()) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.gone {
		k.visits.Go(f)
	}
	return !k.gone
}

func (k *core) end() {
	k.mu.Lock()
	k.gone = true
	k.mu.Unlock()
	k.cut()
	k.rooms.Close()
	k.visits.Wait()
}

// ErrClosed means that the server is closed, or does not listen yet.
var ErrClosed = errors.New("the room server does not run")

// Restart stops the server as a crash would, without a goodbye, and starts it again after pause: same port, same
// certificate, same accounts, but nobody is registered or in a call, faults are over, and tokens of before are worth
// nothing. Peer connections end with their DTLS alert: in a crash of the whole machine they would fall silent instead, for
// which there is the fault media-drop. ctx bounds the whole.
func (s *Server) Restart(ctx context.Context, pause time.Duration) error {
	s.restart.Lock()
	defer s.restart.Unlock()
	s.mu.Lock()
	if s.closed || s.listener == nil {
		s.mu.Unlock()
		return ErrClosed
	}
	before, server, address := s.core, s.http, s.listensAt
	s.listener = nil
	s.mu.Unlock()
	s.event("fault", map[string]any{"fault": "restart", "pause": pause.Seconds()})
	_ = server.Close()
	before.abort()
	if err := s.pause(ctx, pause); err != nil {
		return err
	}
	next, err := s.newCore()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.core = next // closed by Close, whatever happens now
	err = ErrClosed
	if !s.closed {
		err = s.listen(ctx, address)
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	s.event("restarted", map[string]any{"address": address})
	return nil
}

func (s *Server) pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}
