package roomserver

import (
	"errors"
	"fmt"

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
	Connected bool `json:"connected"`
}

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
				info.Connected = call.Client() != nil
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

// EndCall says BYE to one participant.
func (m Moderator) EndCall(who string) error {
	return m.with(who, func(p *room.Participant) { p.HangUp("ended by the moderator") })
}

// EndRoom says BYE to everyone in a room.
func (m Moderator) EndRoom(number string) error {
	r := m.s.current().rooms.Room(number)
	if r == nil {
		return fmt.Errorf("room %q is not open", number)
	}
	r.End("ended by the moderator")
	return nil
}

// StopPresentation tells the presenter of a room to stop.
func (m Moderator) StopPresentation(number string) error {
	r := m.s.current().rooms.Room(number)
	if r == nil || !r.StopPresentation() {
		return fmt.Errorf("nobody presents in room %q", number)
	}
	return nil
}

// DropSocket cuts a participant's socket without a goodbye; his media goes on.
func (m Moderator) DropSocket(who string) error {
	return m.fault(who, "drop-socket", (*exchange.Client).Drop)
}

// SilenceSocket makes a participant's socket half-open: it stays, and nothing goes in or out.
func (m Moderator) SilenceSocket(who string) error {
	return m.fault(who, "silence-socket", (*exchange.Client).Silence)
}

func (m Moderator) fault(who, name string, f func(*exchange.Client)) error {
	p, err := m.find(who)
	if err != nil {
		return err
	}
	call, ok := p.Dialog().(*exchange.Call)
	if !ok || call.Client() == nil {
		return ErrNoSocket
	}
	m.s.event("fault", map[string]any{"participant": p.ID(), "fault": name})
	f(call.Client())
	return nil
}
