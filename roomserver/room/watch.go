package room

import (
	"context"
	"errors"
	"time"
)

// What may be wrong with an offer for a receive-only session.
var (
	ErrToken        = errToken // the token is not valid, or has been replaced
	ErrOffer        = errOffer
	ErrForbidden    = errors.New("the token is for another conference")
	ErrNotSpectator = errors.New("only a spectator with an audio id may ask for this")
	ErrAudio        = errors.New("no such audio id")
	ErrQuality      = errors.New("the qualities are low, medium, high")
	ErrClosing      = errClosed
)

// Watch is a request for a receive-only session.
type Watch struct {
	Conference string
	Token      string // secret
	Quality    Quality
	Audio      string
	Offer      string
}

// Watch answers a spectator's offer. One of the peer connection that he has is a renegotiation of the session; one of
// another replaces the session before. It lives until he is a participant again, he
// leaves, or its media fails. A ctx that ends before the answer is there ends the session.
func (rs *Rooms) Watch(ctx context.Context, w Watch) (answer string, err error) {
	if w.Quality == "" {
		w.Quality = High
	}
	if w.Quality != Low && w.Quality != Medium && w.Quality != High {
		return "", ErrQuality
	}
	p, err := rs.watcher(w)
	if err != nil {
		return "", err
	}
	select { // one offer of a spectator at a time
	case p.watching <- struct{}{}:
		defer func() { <-p.watching }()
	case <-ctx.Done():
		return "", ctx.Err()
	case <-p.ctx.Done():
		return "", ErrNobody
	}
	p.room.mu.Lock()
	running := p.reception
	p.room.mu.Unlock()
	if running.sameClient(w.Offer) {
		answer, err := running.renegotiate(ctx, w.Offer, w.Quality)
		if err == nil {
			rs.received(p, running, w, true)
		}
		return answer, err
	}
	if !rs.hold(p.room) {
		return "", ErrNobody
	}
	r, answer, err := newReception(ctx, p, w.Quality, w.Offer)
	if err != nil {
		return "", err
	}
	if err := p.install(ctx, r, w); err != nil {
		r.close()
		return "", err
	}
	rs.received(p, r, w, false)
	return answer, nil
}

func (rs *Rooms) received(p *Participant, r *reception, w Watch, again bool) {
	rs.event("reception", map[string]any{
		"room": w.Conference, "participant": p.id, "quality": string(w.Quality), "audio": w.Audio, "video": r.main != nil,
		"renegotiated": again,
	})
}

// watcher finds who asks, and whether he may.
func (rs *Rooms) watcher(w Watch) (*Participant, error) {
	c, err := verify(rs.secret, w.Token, time.Now())
	if err != nil {
		return nil, err
	}
	if c.Conference != w.Conference {
		return nil, ErrForbidden
	}
	room := rs.Room(w.Conference)
	if room == nil {
		return nil, ErrNobody
	}
	for _, p := range room.Participants() {
		if p.id == c.ID {
			room.mu.Lock()
			defer room.mu.Unlock()
			if err := p.mayWatch(w); err != nil {
				return p, err
			}
			return p, p.refused()
		}
	}
	return nil, ErrNobody
}

// mayWatch tells why not, if so. room.mu is held.
func (p *Participant) mayWatch(w Watch) error {
	switch {
	case p.token != w.Token:
		return ErrToken
	case p.spectator == nil || p.spectator.Audio == "":
		return ErrNotSpectator
	case p.spectator.Audio != w.Audio:
		return ErrAudio
	}
	return nil
}

// install makes r the participant's session, if that is still wanted.
func (p *Participant) install(ctx context.Context, r *reception, w Watch) error {
	room := p.room
	room.mu.Lock()
	err := p.mayWatch(w)
	if p.ctx.Err() != nil || !room.has(p) {
		err = ErrNobody
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		room.mu.Unlock()
		return err
	}
	stale := p.reception
	p.reception = r
	p.hush()
	room.show()
	room.mu.Unlock()
	stale.close()
	if r.content != nil {
		r.content.Select(room.current(p))
	}
	return nil
}

// RenewToken gives the participant a new token; the one before is worth nothing from now on.
func (p *Participant) RenewToken() { p.post(p.sendToken) }

// hold counts one more user of an open room, and one more piece of work; reception.close gives both back.
func (rs *Rooms) hold(r *Room) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed || rs.rooms[r.number] != r {
		return false
	}
	r.users++
	rs.work.Add(1)
	return true
}
