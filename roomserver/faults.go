package roomserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/roomserver/exchange"
	"parley/roomserver/fault"
	"parley/roomserver/room"
)

// Everyone is the who of a fault that is for all.
const Everyone = "*"

// Direction of media packets, seen from the server.
type Direction string

// The directions.
const (
	Both Direction = "both"
	In   Direction = "in"  // from the client
	Out  Direction = "out" // to him
)

// longest delay of a fault.
const maxDelay = time.Minute

var (
	errShare        = errors.New("a share is between 0 and 1")
	errDelay        = fmt.Errorf("a delay is between 0 and %v", maxDelay)
	errDirection    = errors.New("the directions are in, out, both")
	errOfferRefusal = errors.New("a refusal needs an HTTP status from 300 to 599 and a count from 1 to 1000")
	errRefusal      = errors.New("a refusal needs a code from 300 to 699 and a count from 1 to 1000")
)

// SocketInfo is one line of the list of sockets.
type SocketInfo struct {
	ID      string   `json:"id"`
	Address string   `json:"address"`
	Users   []string `json:"users"` // whose password was proven on it
	// Requests that came, by method.
	Requests map[string]int `json:"requests"`
}

// Sockets lists who is connected.
func (m Moderator) Sockets() []SocketInfo {
	list := []SocketInfo{}
	for _, c := range m.s.current().exchange.Clients() {
		list = append(list, SocketInfo{ID: c.ID(), Address: c.Address(), Users: append([]string{}, c.Users()...),
			Requests: c.Requests()})
	}
	return list
}

// sockets of a participant, a user, or the one with an id.
func (m Moderator) sockets(who string) ([]*exchange.Client, error) {
	k := m.s.current()
	if who == Everyone {
		return k.exchange.Clients(), nil
	}
	if p, err := k.rooms.Find(who); err == nil {
		call, ok := p.Dialog().(*exchange.Call)
		if !ok || call.Client() == nil {
			return nil, ErrNoSocket
		}
		return []*exchange.Client{call.Client()}, nil
	}
	if found := k.exchange.Find(who); len(found) > 0 {
		return found, nil
	}
	return nil, fmt.Errorf("%q: %w", who, room.ErrNobody)
}

func (m Moderator) strike(who, name string, more map[string]any, f func(*exchange.Client)) error {
	list, err := m.sockets(who)
	if err != nil {
		return err
	}
	m.report(who, name, more)
	for _, c := range list {
		f(c)
	}
	return nil
}

func (m Moderator) report(who, name string, more map[string]any) {
	data := map[string]any{"who": who, "fault": name}
	for k, v := range more {
		data[k] = v
	}
	m.s.event("fault", data)
}

// DropSocket cuts a socket without a goodbye; media goes on.
func (m Moderator) DropSocket(who string) error {
	return m.strike(who, "drop-socket", nil, (*exchange.Client).Drop)
}

// SilenceSocket makes a socket half-open: it stays, and nothing goes in or out.
func (m Moderator) SilenceSocket(who string) error {
	return m.strike(who, "silence-socket", nil, (*exchange.Client).Silence)
}

// DropSIP loses a share of the SIP messages, both ways. Everyone: of those too who come later.
func (m Moderator) DropSIP(who string, share float64) error {
	if !(share >= 0 && share <= 1) {
		return errShare
	}
	return m.faulty(who, "sip-drop", map[string]any{"share": share}, func(f *exchange.Fault) { f.Drop = share })
}

// DelaySIP delays a share of the SIP messages, both ways; those behind a delayed one wait too.
func (m Moderator) DelaySIP(who string, delay time.Duration, share float64) error {
	if !(share >= 0 && share <= 1) {
		return errShare
	}
	if delay < 0 || delay > maxDelay {
		return errDelay
	}
	return m.faulty(who, "sip-delay", map[string]any{"share": share, "delay": delay.Seconds()}, func(f *exchange.Fault) {
		f.Delay, f.Share = delay, share
	})
}

func (m Moderator) faulty(who, name string, more map[string]any, change func(*exchange.Fault)) error {
	if who == Everyone {
		x := m.s.current().exchange
		f := x.Fault()
		change(&f)
		m.report(who, name, more)
		x.SetFault(f)
		return nil
	}
	return m.strike(who, name, more, func(c *exchange.Client) {
		f := c.Fault()
		change(&f)
		c.SetFault(f)
	})
}

// Refuse answers the next count requests with a code; method "" means every one but ACK and CANCEL.
func (m Moderator) Refuse(who string, code, count int, method string) error {
	if code < 300 || code > 699 || count < 1 || count > 1000 {
		return errRefusal
	}
	refusal := exchange.Refusal{Code: code, Count: count, Method: strings.ToUpper(method)}
	x := m.s.current().exchange
	more := map[string]any{"code": code, "count": count, "method": refusal.Method}
	if who == Everyone {
		m.report(who, "refuse", more)
		x.Refuse(refusal)
		return nil
	}
	return m.strike(who, "refuse", more, func(c *exchange.Client) {
		refusal.Client = c
		x.Refuse(refusal)
	})
}

// DropMedia loses a share of a participant's packets (all that his peer connections send and receive, ICE too).
func (m Moderator) DropMedia(who string, share float64, d Direction) error {
	if !(share >= 0 && share <= 1) {
		return errShare
	}
	return m.impair(who, "media-drop", d, map[string]any{"share": share}, func(s *fault.Setting) { s.Drop = share })
}

// DelayMedia delays a participant's packets.
func (m Moderator) DelayMedia(who string, delay time.Duration, d Direction) error {
	if delay < 0 || delay > maxDelay {
		return errDelay
	}
	return m.impair(who, "media-delay", d, map[string]any{"delay": delay.Seconds()}, func(s *fault.Setting) { s.Delay = delay })
}

func (m Moderator) impair(who, name string, d Direction, more map[string]any, change func(*fault.Setting)) error {
	if d == "" {
		d = Both
	}
	if d != Both && d != In && d != Out {
		return errDirection
	}
	list, err := m.participants(who)
	if err != nil {
		return err
	}
	more["direction"] = string(d)
	m.report(who, name, more)
	for _, p := range list {
		in, out := p.Impaired()
		if d != Out {
			change(&in)
		}
		if d != In {
			change(&out)
		}
		p.Impair(in, out)
	}
	return nil
}

func (m Moderator) participants(who string) ([]*room.Participant, error) {
	if who != Everyone {
		p, err := m.find(who)
		return []*room.Participant{p}, err
	}
	var list []*room.Participant
	for _, r := range m.s.current().rooms.Rooms() {
		list = append(list, r.Participants()...)
	}
	return list, nil
}

// Heal ends every fault of somebody, or of all. What was cut or silenced stays so.
func (m Moderator) Heal(who string) error {
	k := m.s.current()
	if who == Everyone {
		k.exchange.SetFault(exchange.Fault{})
		k.exchange.ClearRefusals()
	}
	if list, err := m.participants(who); err == nil {
		for _, p := range list {
			p.Impair(fault.Setting{}, fault.Setting{})
			p.RefuseOffers(0, 0)
		}
	}
	err := m.strike(who, "heal", nil, func(c *exchange.Client) { c.SetFault(exchange.Fault{}) })
	if errors.Is(err, ErrNoSocket) {
		return nil // there was nothing to heal but his media
	}
	return err
}

// CutMedia makes the addresses that a participant's media uses now dead for good; new ones work. Nobody is told.
func (m Moderator) CutMedia(who string) error {
	return m.media(who, "media-cut", (*room.Participant).CutMedia)
}

// MoveMedia moves the server's end of a participant's media to other ports and tells him by an offer.
func (m Moderator) MoveMedia(who string) error {
	return m.media(who, "media-move", (*room.Participant).MoveMedia)
}

func (m Moderator) media(who, name string, f func(*room.Participant)) error {
	list, err := m.participants(who)
	if err != nil {
		return err
	}
	m.report(who, name, nil)
	for _, p := range list {
		f(p)
	}
	return nil
}

// RefuseOffers answers a participant's next count offers for a receive-only session with an HTTP status.
func (m Moderator) RefuseOffers(who string, code, count int) error {
	if code < 300 || code > 599 || count < 1 || count > 1000 {
		return errOfferRefusal
	}
	p, err := m.find(who)
	if err != nil {
		return err
	}
	m.report(who, "offer-refuse", map[string]any{"code": code, "count": count})
	p.RefuseOffers(code, count)
	return nil
}

// Garbage sends what no server should, on the socket and in the calls of who.
func (m Moderator) Garbage(who string) error {
	return m.strike(who, "garbage", nil, (*exchange.Client).Garbage)
}

// Oversize sends one message that is larger than a client has to take.
func (m Moderator) Oversize(who string) error {
	return m.strike(who, "oversize", nil, (*exchange.Client).Oversize)
}

// Restart stops and starts the server, see Server.Restart.
func (m Moderator) Restart(pause time.Duration) error {
	if pause < 0 || pause > maxDelay {
		return errDelay
	}
	ctx, cancel := context.WithTimeout(context.Background(), pause+30*time.Second)
	defer cancel()
	return m.s.Restart(ctx, pause)
}
