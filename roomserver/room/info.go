package room

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
)

const infoPrefix = "application/vinteo.webrtc."

// onConfirmed greets a new participant: his room, his licence, his channels, his token, in this order.
func (p *Participant) onConfirmed() {
	r := p.room
	r.mu.Lock()
	p.confirmed = true
	video := p.outlet != nil
	r.mu.Unlock()
	if p.direct != "" {
		p.greetDirectly()
		return
	}
	p.call.Info("roomname", []signal.Header{
		{Name: "x-webrtc-enter-room", Value: r.number},
		{Name: "x-webrtc-participant-name", Value: p.name},
		{Name: "x-webrtc-is-direct-p2p", Value: "false"},
	}, nil)
	licence := "VIDEO"
	if !video {
		licence = "AUDIO" // his offer has no video in the room's codec
	}
	p.call.Info("uselic", []signal.Header{{Name: "x-webrtc-use-license", Value: licence}}, nil)
	channel := strconv.Itoa(p.channel)
	p.notify(map[string]any{"cmd": "channels", "input": channel, "output": channel})
	p.sendToken()
	p.rooms.event("confirmed", map[string]any{"room": r.number, "participant": p.id, "licence": licence})
	if source := r.current(p); source != nil {
		p.showPresentation(source)
	}
}

// sendToken makes a token for the participant and tells him.
func (p *Participant) sendToken() {
	token := issue(p.rooms.secret, claims{
		Conference: p.room.number, Participant: p.user, ID: p.id, Nonce: sip.GenerateTagN(8),
		Expires: time.Now().Add(p.rooms.o.TokenLife).Unix(),
	})
	p.room.mu.Lock()
	p.token = token
	p.room.mu.Unlock()
	p.notify(map[string]any{"cmd": "ConferenceParticipantTokenIssued", "body": map[string]any{
		"conference": p.room.number, "participant": p.user, "jwt": token,
	}})
}

// notify sends a command of the server in JSON.
func (p *Participant) notify(command map[string]any) {
	text, err := json.Marshal(command)
	if err != nil {
		p.rooms.log.Error("notify", "error", err)
		return
	}
	p.call.Info("notify", []signal.Header{{Name: "x-vinteo-notify", Value: string(text)}}, nil)
}

// onInfo answers the client's INFO. It runs on his connection's goroutine and does not block.
func (p *Participant) onInfo(contentType string, headers []signal.Header, _ []byte) int {
	if contentType == "application/dtmf-relay" {
		p.rooms.event("dtmf", map[string]any{"participant": p.id})
		return sip.StatusOK
	}
	kind, ok := strings.CutPrefix(contentType, infoPrefix)
	if !ok {
		return sip.StatusUnsupportedMediaType
	}
	if p.ctx.Err() != nil || p.room == nil {
		return sip.StatusCallTransactionDoesNotExists
	}
	value := func(name string) string {
		for _, h := range headers {
			if strings.EqualFold(h.Name, name) {
				return strings.TrimSpace(h.Value)
			}
		}
		return ""
	}
	switch kind {
	case shareDocument:
		return p.onShare(strings.ToUpper(value(shareState)))
	case "mediastate":
		p.onMediaState(value("x-vinteo-mic-state"), value("x-vinteo-maincam-state"))
	case "maincam":
		return p.onCameraWish()
	case "stats":
		if bitrate, err := strconv.Atoi(value("x-webrtc-available-incoming-bitrate")); err == nil && bitrate >= 0 {
			p.room.change(func() { p.state.Bitrate = bitrate })
		}
	case "refusal":
		p.rooms.event("refusal", map[string]any{"participant": p.id, "media": value("x-vinteo-media-type")})
	case "roomname", "channels":
		// Announcements for the other end of a direct call; a room has no use for them.
	default:
		return sip.StatusUnsupportedMediaType
	}
	return sip.StatusOK
}

func (p *Participant) onShare(state string) int {
	switch state {
	case letMeStart, canReceive:
		if p.State().Spectator != nil || !p.room.permit(&p.member) {
			return sip.StatusGlobalDecline
		}
	case stopSharing, contentEnd:
		p.room.endPresentation(&p.member, "stopped")
	default:
		return sip.StatusBadRequest
	}
	return sip.StatusOK
}

func (p *Participant) onMediaState(microphone, camera string) {
	back := false
	p.room.change(func() {
		back = !p.state.Camera && camera != "" && camera != "0" && p.spectator != nil && p.spectator.Mode == ByCamera
		if microphone != "" {
			p.state.Microphone = microphone != "0"
		}
		if camera != "" {
			p.state.Camera = camera != "0"
		}
		p.cameraOff = !p.state.Camera || p.state.CamForced
	})
	if back {
		p.MoveToParticipants()
	}
	s := p.State()
	p.rooms.event("media-state", map[string]any{
		"participant": p.id, "microphone": s.Microphone, "camera": s.Camera,
	})
}

// onCameraWish answers whether he may switch on a camera that a moderator switched off.
func (p *Participant) onCameraWish() int {
	s := p.State()
	if s.CamForced || s.Spectator != nil && s.Spectator.Mode != ByCamera {
		return sip.StatusGlobalDecline
	}
	return sip.StatusOK
}
