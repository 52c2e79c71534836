package roomserver

import (
	"encoding/json"
	"errors"
	"fmt"

	"parley/connector/signal"
	"parley/roomserver/exchange"
	"parley/roomserver/room"
)

// ParticipantInfo is one line of the moderator's list.
type ParticipantInfo struct {
	Room  string     `json:"room"`
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	User  string     `json:"user"`
	State room.State `json:"state"`
	// Connected tells whether his socket is there; without it media goes on.
	Connected bool   `json:"connected"`
	Socket    string `json:"socket,omitempty"` // its id
}

// Errors of the moderator's commands.
var (
	ErrNotOpen    = errors.New("the room is not open")
	ErrNotPresent = errors.New("nobody presents there")
	ErrNoBot      = errors.New("no such bot")
	errCode       = errors.New("a code is between 100 and 699")
)

// ErrNoSocket means that the participant's socket is gone already.
var ErrNoSocket = errors.New("the participant has no socket")

// Moderate gives the moderator's commands.
func (s *Server) Moderate() Moderator { return Moderator{s} }

// Moderator carries out what people who run a conference, and tests, ask of the server. who is a participant's id, or his
// user or name when only one has it.
type Moderator struct{ s *Server }

// List everyone who called a room.
func (m Moderator) List() []ParticipantInfo {
	list := []ParticipantInfo{}
	for _, r := range m.s.current().rooms.Rooms() {
		for _, p := range r.Participants() {
			info := ParticipantInfo{Room: r.Number(), ID: p.ID(), Name: p.Name(), User: p.User(), State: p.State()}
			if call, ok := p.Dialog().(*exchange.Call); ok {
				if client := call.Client(); client != nil {
					info.Connected, info.Socket = true, client.ID()
				}
			}
			list = append(list, info)
		}
	}
	return list
}

func (m Moderator) find(who string) (*room.Participant, error) {
	p, err := m.s.current().rooms.Find(who)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", who, err)
	}
	return p, nil
}

func (m Moderator) with(who string, f func(*room.Participant)) error {
	p, err := m.find(who)
	if err == nil {
		f(p)
	}
	return err
}

// Microphone asks (forced: makes) a participant mute or unmute.
func (m Moderator) Microphone(who string, on, forced bool) error {
	return m.with(who, func(p *room.Participant) { p.SetMicrophone(on, forced) })
}

// Camera asks (forced: makes) a participant switch his camera.
func (m Moderator) Camera(who string, on, forced bool) error {
	return m.with(who, func(p *room.Participant) { p.SetCamera(on, forced) })
}

// PauseCamera asks for the least possible main video.
func (m Moderator) PauseCamera(who string) error {
	return m.with(who, func(p *room.Participant) { p.LimitCamera("PAUSEMAINCAM", "") })
}

// ResumeCamera ends a pause or a limit.
func (m Moderator) ResumeCamera(who string) error {
	return m.with(who, func(p *room.Participant) { p.LimitCamera("RESUMEMAINCAM", "") })
}

// LimitCamera asks for a main video not larger than resolution, "WxH".
func (m Moderator) LimitCamera(who, resolution string) error {
	return m.with(who, func(p *room.Participant) { p.LimitCamera("MAXMAINCAMRESOLUTION", resolution) })
}

// Spectator moves a participant to the spectators. audio is the id of the mix that his receive-only session gets
// (room.DefaultAudio is the only one there is, but any text will do); "" leaves him on the call's own media.
func (m Moderator) Spectator(who string, mode room.SpectatorMode, audio string) error {
	p, err := m.find(who)
	if err != nil {
		return err
	}
	return p.MoveToSpectators(mode, audio)
}

// Participant moves a spectator back.
func (m Moderator) Participant(who string) error {
	return m.with(who, (*room.Participant).MoveToParticipants)
}

// RenewToken gives a participant a new token; the old one is refused from now on.
func (m Moderator) RenewToken(who string) error { return m.with(who, (*room.Participant).RenewToken) }

// Licence sends AUDIO, VIDEO or AUDIOPLUSPRESENTATION.
func (m Moderator) Licence(who, licence string) error {
	return m.with(who, func(p *room.Participant) { p.SetLicence(licence) })
}

// Notify sends a notify command ({"cmd": …}) as it is.
func (m Moderator) Notify(who string, command map[string]any) error {
	return m.with(who, func(p *room.Participant) { p.Notify(command) })
}

// EndCall says BYE to one participant. A code goes into its Reason header (RFC 3326); 0 sends none. With 408 it is what a
// server says that hears nothing of the client's media any more.
func (m Moderator) EndCall(who string, code int) error {
	reason := "ended by the moderator"
	switch {
	case code == 408:
		reason = "RTP Timeout"
	case code != 0 && (code < 100 || code > 699):
		return errCode
	}
	return m.with(who, func(p *room.Participant) { p.HangUp(code, reason) })
}

// EndRoom says BYE to everyone in a room.
func (m Moderator) EndRoom(number string) error {
	r, err := m.room(number)
	if err == nil {
		r.End("ended by the moderator")
	}
	return err
}

func (m Moderator) room(number string) (*room.Room, error) {
	if r := m.s.current().rooms.Room(number); r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("%q: %w", number, ErrNotOpen)
}

// StopPresentation tells the presenter of a room to stop.
func (m Moderator) StopPresentation(number string) error {
	r, err := m.room(number)
	if err == nil && !r.StopPresentation() {
		err = fmt.Errorf("%q: %w", number, ErrNotPresent)
	}
	return err
}

// TakeOver lets a participant present while somebody else does, who is then told to stop; or takes that back.
func (m Moderator) TakeOver(who string, allowed bool) error {
	return m.with(who, func(p *room.Participant) { p.AllowTakeOver(allowed) })
}

// ListModerator puts a participant on the list of the conference's moderators, or takes him off it.
func (m Moderator) ListModerator(who string, on bool) error {
	return m.with(who, func(p *room.Participant) { p.SetModerator(on) })
}

// Word gives a participant the word he asked for, or cancels his request.
func (m Moderator) Word(who string, given bool) error {
	cmd := "ParticipationRequestRejected"
	if given {
		cmd = "ParticipationRequestAccepted"
	}
	return m.with(who, func(p *room.Participant) { p.NotifyConference(cmd, nil) })
}

// MoveToWebcast sends a participant to the conference's webcast.
func (m Moderator) MoveToWebcast(who string) error {
	return m.with(who, func(p *room.Participant) { p.NotifyConference("ParticipantMovedToWebcast", nil) })
}

// Webcast tells everyone in a room that a webcast of some type ("hls") has started or stopped.
func (m Moderator) Webcast(number, kind string, on bool) error {
	r, err := m.room(number)
	if err != nil {
		return err
	}
	cmd := "WebcastStopped"
	if on {
		cmd = "WebcastStarted"
	}
	for _, p := range r.Participants() {
		p.NotifyConference(cmd, map[string]any{"type": kind})
	}
	return nil
}

// Channels tells a participant which channels (interpretation) he sends and gets.
func (m Moderator) Channels(who, input, output string) error {
	return m.Notify(who, map[string]any{"cmd": "channels", "input": input, "output": output})
}

// Account tells a user that his account was changed or deleted: every contact by a NOTIFY outside any dialog, or, when he is
// not registered, his calls by INFO. The account itself stays as it is.
func (m Moderator) Account(user string, deleted bool) error {
	command := map[string]any{"cmd": "accountChanged"}
	if deleted {
		command["cmd"] = "accountDeleted"
	}
	text, err := json.Marshal(command)
	if err != nil {
		return err
	}
	n := m.s.current().exchange.Notify(user, []signal.Header{{Name: "x-vinteo-notify", Value: string(text)}})
	if n == 0 {
		return m.Notify(user, command)
	}
	m.s.event("moderator", map[string]any{"user": user, "command": command["cmd"], "contacts": n})
	return nil
}

// Invite calls a registered user into a room.
func (m Moderator) Invite(user, number string) error {
	if !m.s.c.isRoom(number) {
		return fmt.Errorf("%q is no room", number)
	}
	return m.s.current().invite(number, user)
}

// BotCalls lets a bot call a registered user directly.
func (m Moderator) BotCalls(user string) error { return m.s.botCalls(m.s.current(), user) }

// BotPresents lets a bot ("bot-1", or by name) begin or end a presentation.
func (m Moderator) BotPresents(who string, on bool) error {
	k := m.s.current()
	k.mu.Lock()
	bots := k.bots
	k.mu.Unlock()
	if bots == nil || bots.Index(who) < 0 {
		return fmt.Errorf("%q: %w", who, ErrNoBot)
	}
	if !on {
		bots.StopPresenting(bots.Index(who))
		return nil
	}
	if !bots.Present(bots.Index(who)) {
		return errors.New("somebody else presents")
	}
	return nil
}
