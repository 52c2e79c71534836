package roomserver

import (
	"fmt"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/roomserver/bot"
	"parley/roomserver/exchange"
	"parley/roomserver/room"
)

// visitDelay is how long a bot waits before it calls a user who has just registered.
const visitDelay = 3 * time.Second

// botUser is the user part a bot calls with.
const botUser = "bot"

// onRegistered lets a bot call a user of Config.BotCalls, once for each socket he registers over.
func (s *Server) onRegistered(k *core, data map[string]any) {
	user, _ := data["user"].(string)
	client, _ := data["client"].(string)
	wanted := false
	for _, u := range s.c.BotCalls {
		wanted = wanted || strings.EqualFold(u, user)
	}
	k.mu.Lock()
	first := wanted && !k.called[client] && len(k.called) < 10*DefaultMaxClients
	if first {
		k.called[client] = true
	}
	k.mu.Unlock()
	if !first {
		return
	}
	k.visit(func() {
		timer := time.NewTimer(visitDelay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-k.sockets.Done():
			return
		}
		if err := s.botCalls(k, user); err != nil {
			s.c.Logger.Info("bot does not call", "user", user, "error", err)
		}
	})
}

// botCalls lets a bot call a registered user directly: the two meet in a room of their own.
func (s *Server) botCalls(k *core, user string) error {
	number := "direct-" + sip.GenerateTagN(6)
	group, err := bot.Start(k.rooms, number, 1, s.c.Logger)
	if err != nil {
		return err
	}
	done, err := k.dial(number, user, signal.Identity{DisplayName: bot.Name(0), User: botUser}, botUser)
	if err != nil {
		group.Close()
		return err
	}
	s.event("bot-calls", map[string]any{"user": user, "room": number})
	if !k.visit(func() {
		<-done
		group.Close()
	}) {
		group.Close()
	}
	return nil
}

// invite calls a registered user into a room.
func (k *core) invite(number, user string) error {
	_, err := k.dial(number, user, signal.Identity{DisplayName: "Room " + number, User: number}, "")
	return err
}

func (k *core) dial(number, user string, from signal.Identity, direct string) (<-chan struct{}, error) {
	if !k.exchange.Registered(user) {
		return nil, fmt.Errorf("%q: %w", user, exchange.ErrAway)
	}
	return k.rooms.Dial(room.Outgoing{
		Number: number, User: user, Direct: direct,
		Place: func(offer string, h exchange.Handler, answered func(string, error)) (room.Dialog, error) {
			call, err := k.exchange.Dial(exchange.Outgoing{To: user, From: from, Offer: offer, Handler: h, Answered: answered})
			if err != nil {
				return nil, err // not call: a nil *Call is no nil Dialog
			}
			return call, nil
		},
	})
}
