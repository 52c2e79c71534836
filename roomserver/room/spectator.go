package room

import (
	"errors"
	"strconv"

	"parley/connector/signal"
	"parley/roomserver/forward"
	"parley/roomserver/mix"
)

// SpectatorMode says why somebody is a spectator (x-webrtc-spectator-mode).
type SpectatorMode int

// The modes.
const (
	// ByHand: a moderator moved him; he sends nothing until one moves him back.
	ByHand SpectatorMode = iota
	// ByCamera: he is one as long as his camera is off. He may send; switching the camera on makes him a participant.
	ByCamera
	// Forced: the room makes him one; he may not ask to switch the camera on.
	Forced
)

// ErrMode is a mode that is none.
var ErrMode = errors.New("the spectator modes are 0 by hand, 1 by camera state, 2 forced")

// DefaultAudio is the audio id of the only mix there is.
const DefaultAudio = "main"

// SpectatorState is what a moderator sees of a spectator.
type SpectatorState struct {
	Mode SpectatorMode `json:"mode"`
	// Audio is the id of the mix he gets over the receive-only session; empty: he stays on the call's own media
	// (spectator_synthetic).
	Audio string `json:"audio,omitempty"`
	// Receiving tells whether the receive-only session is connected, in which Quality.
	Receiving bool    `json:"receiving"`
	Quality   Quality `json:"quality,omitempty"`
}

// MoveToSpectators makes a participant a spectator. audio "" leaves him on the call's own media. In modes 0 and 2 nobody
// hears or sees him any more. What he presents ends.
func (p *Participant) MoveToSpectators(mode SpectatorMode, audio string) error {
	if mode < ByHand || mode > Forced {
		return ErrMode
	}
	p.post(func() { p.becomeSpectator(mode, audio) })
	return nil
}

// MoveToParticipants makes a spectator a participant again.
func (p *Participant) MoveToParticipants() { p.post(p.becomeParticipant) }

// becomeSpectator runs on the worker.
func (p *Participant) becomeSpectator(mode SpectatorMode, audio string) {
	var stale *reception
	p.room.change(func() {
		if p.spectator == nil || p.spectator.Audio != audio {
			stale, p.reception = p.reception, nil
		}
		p.spectator = &SpectatorState{Mode: mode, Audio: audio}
		p.absent = mode != ByCamera
		p.hush()
	})
	stale.close()
	p.room.endPresentation(&p.member, "spectator")
	headers := []signal.Header{
		{Name: "x-webrtc-partstate", Value: "SPECTATOR"},
		{Name: "x-webrtc-spectator-mode", Value: strconv.Itoa(int(mode))},
	}
	if audio != "" {
		headers = append(headers, signal.Header{Name: "x-webrtc-audioid", Value: audio})
	}
	p.call.Info("partstate", headers, nil)
	p.rooms.event("spectator", map[string]any{
		"room": p.room.number, "participant": p.id, "name": p.name, "mode": int(mode), "audio": audio,
	})
}

// becomeParticipant runs on the worker.
func (p *Participant) becomeParticipant() {
	var stale *reception
	was := false
	p.room.change(func() {
		was = p.spectator != nil
		stale, p.reception = p.reception, nil
		p.spectator, p.absent = nil, false
		p.hush()
	})
	stale.close()
	p.call.Info("partstate", []signal.Header{{Name: "x-webrtc-partstate", Value: "PARTICIPANT"}}, nil)
	if !was {
		return // told again: harmless, and QA wants to see what a client does with it
	}
	p.rooms.event("participant", map[string]any{"room": p.room.number, "participant": p.id, "name": p.name})
	if source := p.room.current(p); source != nil {
		p.showPresentation(source)
	}
}

// hush keeps the participant's sound out of the mix, or the mix from him, as his state wants it. room.mu is held.
func (p *Participant) hush() {
	if p.audio == nil {
		return
	}
	p.audio.SetMuted(p.state.MicForced || p.absent)
	p.audio.SetDeaf(p.receives())
}

// receives tells whether the receive-only session is connected. room.mu is held.
func (p *Participant) receives() bool { return p.reception != nil && p.reception.connected }

// spectates tells whether he is a spectator who gets his media from a receive-only session.
func (p *Participant) spectates() bool {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.spectator != nil && p.spectator.Audio != ""
}

// present gives the receive-only session, if there is one, a presentation; nil ends it.
func (p *Participant) present(source *forward.Source) {
	p.room.mu.Lock()
	r := p.reception
	p.room.mu.Unlock()
	if r != nil && r.content != nil {
		r.content.Select(source)
	}
}

// newListener lets a receive-only session hear the mix, without the participant's own voice.
func (p *Participant) newListener(output mix.Output, codec string) (*mix.Member, error) {
	return p.room.mixer.Join(mix.Options{
		Name: p.id + " as spectator", Output: output, Codec: codec, Local: true, Self: p.audio,
	})
}
