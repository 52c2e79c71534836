// Package room is the conference: rooms, their participants, who speaks, who is seen, who presents, and the server's INFO
// protocol.
//
// Concurrency: a Room's mutex guards who is in it and what they see; it is held for short, never while waiting. Each
// participant has one worker goroutine that carries out all work on his peer connection (answers, offers), in order.
package room

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"parley/connector/signal"
	"parley/roomserver/exchange"
	"parley/roomserver/mix"
)

// Dialog is the call between a participant and the server, as exchange.Call is one.
type Dialog interface {
	Number() string
	Offer() string
	From() signal.Identity
	Headers() []signal.Header
	SetHandler(exchange.Handler)
	Accept(answer string) error
	Reject(code int, reason string)
	Info(kind string, headers []signal.Header, on func(code int))
	Reoffer(offer string, on func(answer string, err error))
	Bye(code int, reason string)
}

// Options of Rooms.
type Options struct {
	// Codec of every room ("VP8", "H264"); empty: the first participant of a room decides.
	Codec string
	// Loopback offers candidates of 127.0.0.1 only.
	Loopback bool
	// MaxParticipants of a room; 0 is 50.
	MaxParticipants int
	// TakeOver lets a second presenter take over from the first.
	TakeOver bool
	// TokenLife is how long a participant's token is good for; 0 is 12 hours.
	TokenLife time.Duration
	Logger    *slog.Logger
	// OnEvent is told what happened; it must not block. Data holds no secrets.
	OnEvent func(name string, data map[string]any)
}

// Rooms holds all rooms of a server.
type Rooms struct {
	o      Options
	log    *slog.Logger
	secret []byte // signs participants' tokens

	mu     sync.Mutex
	rooms  map[string]*Room
	closed bool
	work   sync.WaitGroup
}

// New makes Rooms.
func New(o Options) (*Rooms, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxParticipants == 0 {
		o.MaxParticipants = 50
	}
	if o.TokenLife == 0 {
		o.TokenLife = tokenLife
	}
	o.Codec = strings.ToUpper(o.Codec)
	if o.Codec != "" && !known(o.Codec) {
		return nil, fmt.Errorf("video codec %q: a room can have %s", o.Codec, strings.Join(codecOrder, ", "))
	}
	rs := &Rooms{o: o, log: o.Logger, secret: make([]byte, 32), rooms: map[string]*Room{}}
	if _, err := rand.Read(rs.secret); err != nil {
		return nil, fmt.Errorf("secret for tokens: %w", err)
	}
	return rs, nil
}

// Call takes a new call. It does not block.
func (rs *Rooms) Call(call Dialog) {
	p := newParticipant(rs, call)
	call.SetHandler(p.handler())
	rs.mu.Lock()
	closed := rs.closed
	if !closed {
		rs.work.Add(1)
	}
	rs.mu.Unlock()
	if closed {
		call.Reject(503, "Service Unavailable")
		return
	}
	go func() {
		defer rs.work.Done()
		p.run()
	}()
}

// enter finds or makes a room and counts one more user of it. nil when closed.
func (rs *Rooms) enter(number string) *Room {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed {
		return nil
	}
	r := rs.rooms[number]
	if r == nil {
		r = &Room{rooms: rs, number: number, codec: rs.o.Codec}
		r.mixer = mix.New(r.onLevels)
		rs.rooms[number] = r
		rs.event("room-opened", map[string]any{"room": number})
	}
	r.users++
	return r
}

// leave is enter's end; the last one out closes the room.
func (rs *Rooms) leave(r *Room) {
	rs.mu.Lock()
	r.users--
	last := r.users == 0
	if last {
		delete(rs.rooms, r.number)
	}
	rs.mu.Unlock()
	if last {
		r.mixer.Close()
		rs.event("room-closed", map[string]any{"room": r.number})
	}
}

// Rooms lists the open rooms.
func (rs *Rooms) Rooms() []*Room {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	list := make([]*Room, 0, len(rs.rooms))
	for _, r := range rs.rooms {
		list = append(list, r)
	}
	return list
}

// Room with a number, nil when it is not open.
func (rs *Rooms) Room(number string) *Room {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.rooms[number]
}

// Close says goodbye to all participants and waits for their goroutines.
func (rs *Rooms) Close() {
	rs.mu.Lock()
	rs.closed = true
	rs.mu.Unlock()
	for _, r := range rs.Rooms() {
		r.End("server is closing")
	}
	rs.work.Wait()
}

func (rs *Rooms) event(name string, data map[string]any) {
	if rs.o.OnEvent != nil {
		rs.o.OnEvent(name, data)
	}
}

// tokenLife is the default of Options.TokenLife.
const tokenLife = 12 * time.Hour
