package room

import (
	"errors"

	"parley/connector/signal"
)

// ErrNobody means that no participant has the id.
var ErrNobody = errors.New("no such participant")

// Find a participant by his id, or else by user or name when only one has it.
func (rs *Rooms) Find(who string) (*Participant, error) {
	var found []*Participant
	for _, r := range rs.Rooms() {
		for _, p := range r.Participants() {
			if p.id == who {
				return p, nil
			}
			if p.user == who || p.name == who {
				found = append(found, p)
			}
		}
	}
	if len(found) != 1 {
		return nil, ErrNobody
	}
	return found[0], nil
}

// Room of the participant.
func (p *Participant) Room() *Room { return p.room }

// SetMicrophone asks (or, forced, makes) a participant mute or unmute. Forced off, his sound is kept out of the mix
// whatever his client does.
func (p *Participant) SetMicrophone(on, forced bool) {
	p.room.change(func() {
		p.state.MicForced = forced && !on
		p.hush()
	})
	command := "ADMINSTOPMIC"
	if on {
		command = "ADMINSTARTMIC"
	}
	p.command("mic", "x-webrtc-mic", command, forced)
}

// SetCamera asks (or, forced, makes) a participant switch his camera off or on. Forced off, nobody sees him.
func (p *Participant) SetCamera(on, forced bool) {
	p.room.change(func() {
		p.state.CamForced = forced && !on
		p.cameraOff = !p.state.Camera || p.state.CamForced
	})
	command := "ADMINSTOPMAINCAM"
	if on {
		command = "ADMINSTARTMAINCAM"
	}
	p.command("maincam", "x-webrtc-maincam", command, forced)
}

// LimitCamera sends PAUSEMAINCAM, RESUMEMAINCAM or, with a resolution "WxH", MAXMAINCAMRESOLUTION.
func (p *Participant) LimitCamera(command, resolution string) {
	headers := []signal.Header{{Name: "x-webrtc-maincam", Value: command}}
	if resolution != "" {
		headers = append(headers, signal.Header{Name: "x-webrtc-maincam-resolution", Value: resolution})
	}
	p.call.Info("maincam", headers, nil)
	p.rooms.event("moderator", map[string]any{"participant": p.id, "command": command, "resolution": resolution})
}

// SetLicence sends AUDIO, VIDEO or AUDIOPLUSPRESENTATION.
func (p *Participant) SetLicence(licence string) {
	p.call.Info("uselic", []signal.Header{{Name: "x-webrtc-use-license", Value: licence}}, nil)
	p.rooms.event("moderator", map[string]any{"participant": p.id, "command": "uselic", "licence": licence})
}

// Notify sends a notify command as it is (WebcastStarted, addedToListModerators, …).
func (p *Participant) Notify(command map[string]any) {
	p.notify(command)
	p.rooms.event("moderator", map[string]any{"participant": p.id, "command": command["cmd"]})
}

// NotifyConference sends a notify command whose body names the conference and whatever else is given.
func (p *Participant) NotifyConference(cmd string, more map[string]any) {
	body := map[string]any{"conference": p.room.number}
	for name, value := range more {
		body[name] = value
	}
	p.Notify(map[string]any{"cmd": cmd, "body": body})
}

// SetModerator puts the participant on the conference's list of moderators, or takes him off it, and tells him.
func (p *Participant) SetModerator(on bool) {
	p.room.change(func() { p.state.Moderator = on })
	cmd := "removedFromListModerators"
	if on {
		cmd = "addedToListModerators"
	}
	p.Notify(map[string]any{"cmd": cmd, "conference": p.room.number})
}

// AllowTakeOver lets the participant present while somebody else does, or takes that back.
func (p *Participant) AllowTakeOver(on bool) {
	p.room.change(func() { p.takesOver = on })
	p.rooms.event("moderator", map[string]any{"participant": p.id, "command": "take-over", "allowed": on})
}

// HangUp ends the participant's call. code and reason go into the BYE's Reason header (RFC 3326) unless code is 0.
func (p *Participant) HangUp(code int, reason string) { p.call.Bye(code, reason) }

// RefuseOffers answers his next count offers for a receive-only session with an HTTP status.
func (p *Participant) RefuseOffers(code, count int) {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	p.refusal, p.refusals = code, count
}

// RefusedError is an offer that was refused on purpose.
type RefusedError struct{ Code int }

func (e *RefusedError) Error() string { return "refused on purpose" }

// refused takes one of the refusals that wait. room.mu is held.
func (p *Participant) refused() error {
	if p.refusals == 0 {
		return nil
	}
	p.refusals--
	return &RefusedError{p.refusal}
}

func (p *Participant) command(kind, header, command string, forced bool) {
	sync := "0"
	if forced {
		sync = "1"
	}
	p.call.Info(kind, []signal.Header{{Name: header, Value: command}, {Name: "x-webrtc-sync", Value: sync}}, nil)
	p.rooms.event("moderator", map[string]any{"participant": p.id, "command": command, "forced": forced})
}
