// Package api is the server's own protocol: INFO and NOTIFY messages, both ways (spec connector 7, protocol "INFO").
package api

import (
	"encoding/json"
	"mime"
	"strconv"
	"strings"

	"parley/connector/signal"
)

// Content types, both ways.
const (
	TypePrefix     = "application/vinteo.webrtc."
	TypeRoomName   = TypePrefix + "roomname"
	TypeShare      = TypePrefix + "sharedesktop"
	TypeMainCam    = TypePrefix + "maincam"
	TypeMic        = TypePrefix + "mic"
	TypeLicense    = TypePrefix + "uselic"
	TypeState      = TypePrefix + "partstate"
	TypeNotify     = TypePrefix + "notify"
	TypeChannels   = TypePrefix + "channels"
	TypeMediaState = TypePrefix + "mediastate"
	TypeRefusal    = TypePrefix + "refusal"
	TypeStats      = TypePrefix + "stats"
	TypeDTMF       = "application/dtmf-relay"
)

// Secret is a text that shows itself only when asked to (string(s)): events and logs encode it as stars.
type Secret string

// MarshalJSON hides.
func (s Secret) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return []byte(`"***"`), nil
}

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString hides from %#v too.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// Event is what follows from a message: its name without prefix, and its payload.
type Event struct {
	Name string
	Data any
}

// The payloads.
type (
	// EnterRoom tells the room we are in.
	EnterRoom struct {
		Room        string `json:"room"`
		Participant string `json:"participantName"`
		Token       Secret `json:"bearerToken,omitempty"`
		DirectP2P   *bool  `json:"isDirectPeerToPeer"`
	}
	// TokenIssued is a conference's token for us.
	TokenIssued struct {
		JWT         Secret `json:"jwt"`
		Conference  string `json:"conference"`
		Participant string `json:"participant"`
	}
	// Channels are the input and output channels (interpretation).
	Channels struct {
		Input  string `json:"inputChannels"`
		Output string `json:"outputChannels"`
	}
	// Codec of a remote presentation, empty when not told.
	Codec struct {
		Codec string `json:"codec,omitempty"`
	}
	// MainCam is a command for our camera's stream.
	MainCam struct {
		Command    string `json:"mainCam,omitempty"`
		Resolution string `json:"resolutionMainCam,omitempty"`
	}
	// Sync tells whether a change of the media state is forced.
	Sync struct {
		Forced bool `json:"isSyncForced"`
	}
	// Spectators moves us to the spectators with a sound mix.
	Spectators struct {
		Forced  bool   `json:"isSyncForced,omitempty"`
		AudioID string `json:"audioId,omitempty"`
	}
	// Conference names a conference.
	Conference struct {
		Conference string `json:"conference"`
	}
	// Webcast names a conference and the webcast's type.
	Webcast struct {
		Conference string `json:"conference"`
		Type       string `json:"type"`
	}
)

// mediaType is the type without parameters, lower case (RFC 3261 20.15: blanks and parameters are allowed).
func mediaType(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind, _, _ = strings.Cut(contentType, ";")
	}
	return strings.ToLower(strings.TrimSpace(kind))
}

// ParseInfo turns an INFO of the server into events. Unknown and malformed messages yield none.
func ParseInfo(contentType string, headers []signal.Header) []Event {
	switch mediaType(contentType) {
	case TypeRoomName:
		return roomName(headers)
	case TypeNotify:
		return ParseNotify(header(headers, "x-vinteo-notify"))
	case TypeShare:
		return share(headers)
	case TypeMainCam:
		return mainCam(headers)
	case TypeMic:
		return mic(headers)
	case TypeLicense:
		return license(headers)
	case TypeState:
		return participantState(headers)
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

func roomName(headers []signal.Header) (events []Event) {
	room, participant := header(headers, "x-webrtc-enter-room"), header(headers, "x-webrtc-participant-name")
	if !blank(room) && !blank(participant) {
		if strings.EqualFold(room, "purgatory") {
			room = "purgatory" // the one room name with a meaning
		}
		data := EnterRoom{Room: room, Participant: participant, DirectP2P: directP2P(headers)}
		if token := header(headers, "x-bearer-token"); !blank(token) {
			data.Token = Secret(token)
		}
		events = append(events, Event{"enter-room", data})
	}
	in, out := header(headers, "x-webrtc-input-channels"), header(headers, "x-webrtc-output-channels")
	if in != "" && out != "" {
		events = append(events, Event{"channels:all", Channels{in, out}})
	}
	return events
}

func directP2P(headers []signal.Header) *bool {
	if yes, told := Value(headers, "x-webrtc-is-direct-p2p").(bool); told {
		return &yes
	}
	return nil
}

func share(headers []signal.Header) []Event {
	switch header(headers, "x-webrtc-share-state") {
	case "YOUCANRECEIVECONTENT":
		return []Event{{"contented-stream:available", Codec{header(headers, "x-webrtc-share-codec")}}}
	case "CONTENTEND":
		return []Event{{"contented-stream:not-available", nil}}
	case "YOUMUSTSTOPSENDCONTENT":
		return []Event{{"presentation:must-stop", nil}}
	}
	return nil
}

// The commands for the main camera.
const (
	PauseMainCam         = "PAUSEMAINCAM"
	ResumeMainCam        = "RESUMEMAINCAM"
	MaxMainCamResolution = "MAXMAINCAMRESOLUTION"
)

func forced(headers []signal.Header) bool { return header(headers, "x-webrtc-sync") == "1" }

func mainCam(headers []signal.Header) (events []Event) {
	command := header(headers, "x-webrtc-maincam")
	switch command {
	case "ADMINSTARTMAINCAM":
		return []Event{{"admin:start-main-cam", Sync{forced(headers)}}}
	case "ADMINSTOPMAINCAM":
		return []Event{{"admin:stop-main-cam", Sync{forced(headers)}}}
	case PauseMainCam, ResumeMainCam:
		switch header(headers, "x-webrtc-sync") {
		case "1":
			events = append(events, Event{"admin:force-sync-media-state", Sync{true}})
		case "0":
			events = append(events, Event{"admin:force-sync-media-state", Sync{false}})
		}
	}
	resolution := header(headers, "x-webrtc-maincam-resolution")
	return append(events, Event{"main-cam-control", MainCam{command, resolution}})
}

func mic(headers []signal.Header) []Event {
	switch header(headers, "x-webrtc-mic") {
	case "ADMINSTARTMIC":
		return []Event{{"admin:start-mic", Sync{forced(headers)}}}
	case "ADMINSTOPMIC":
		return []Event{{"admin:stop-mic", Sync{forced(headers)}}}
	}
	return nil
}

func license(headers []signal.Header) []Event {
	if l := header(headers, "x-webrtc-use-license"); l != "" {
		return []Event{{"use-license", l}}
	}
	return nil
}

// The payloads of a move to the spectators.
type (
	// SpectatorsSynthetic moves us without a sound mix of our own.
	SpectatorsSynthetic struct {
		Available bool `json:"isAvailableSendingMedia"`
	}
	// SpectatorsWithAudio moves us with one.
	SpectatorsWithAudio struct {
		Available bool   `json:"isAvailableSendingMedia"`
		AudioID   string `json:"audioId"`
	}
	// SpectatorsAny says either.
	SpectatorsAny struct {
		Available bool   `json:"isAvailableSendingMedia"`
		Synthetic bool   `json:"isSynthetic"`
		AudioID   string `json:"audioId,omitempty"`
	}
)

func participantState(headers []signal.Header) []Event {
	switch header(headers, "x-webrtc-partstate") {
	case "PARTICIPANT":
		return []Event{{"participant:move-request-to-participants", nil}}
	case "SPECTATOR":
	default:
		return nil
	}
	available := header(headers, "x-webrtc-spectator-mode") == "1" // by the camera's state: we may send
	audio := header(headers, "x-webrtc-audioid")
	if audio == "" {
		return []Event{
			{"participant:move-request-to-spectators-synthetic", SpectatorsSynthetic{available}},
			{"participant:move-request-to-spectators", SpectatorsAny{available, true, ""}},
		}
	}
	return []Event{
		{"participant:move-request-to-spectators-with-audio-id", SpectatorsWithAudio{available, audio}},
		{"participant:move-request-to-spectators", SpectatorsAny{available, false, audio}},
	}
}

// maxNotify bounds the JSON of a notify, bytes.
const maxNotify = 64 << 10

// ParseNotify turns the JSON of a notify into events. Values are handed on as they came: servers send numbers and texts.
func ParseNotify(text string) []Event {
	if len(text) > maxNotify {
		return nil
	}
	var message struct {
		Cmd        string
		Body       map[string]any
		Input      any
		Output     any
		Conference any
	}
	if !decodeExact(text, &message.Cmd, &message.Body, &message.Input, &message.Output, &message.Conference) {
		return nil
	}
	type values = map[string]any
	if name, ok := flatCommands[message.Cmd]; ok {
		switch message.Cmd {
		case "channels":
			return []Event{{name, values{"inputChannels": message.Input, "outputChannels": message.Output}}}
		case "accountChanged", "accountDeleted":
			return []Event{{name, nil}}
		}
		return []Event{{name, values{"conference": message.Conference}}}
	}
	if message.Body == nil {
		return nil
	}
	body := message.Body
	switch message.Cmd {
	case "WebcastStarted":
		return []Event{{"webcast:started", values{"conference": body["conference"], "type": body["type"]}}}
	case "WebcastStopped":
		return []Event{{"webcast:stopped", values{"conference": body["conference"], "type": body["type"]}}}
	case "ParticipationRequestAccepted":
		return []Event{{"participation:accepting-word-request", values{"conference": body["conference"]}}}
	case "ParticipationRequestRejected":
		return []Event{{"participation:cancelling-word-request", values{"conference": body["conference"]}}}
	case "ParticipantMovedToWebcast":
		return []Event{{"participant:move-request-to-stream", values{"conference": body["conference"]}}}
	case "ConferenceParticipantTokenIssued":
		jwt, _ := body["jwt"].(string)
		conference, _ := body["conference"].(string)
		participant, _ := body["participant"].(string)
		if blank(jwt) || blank(conference) || blank(participant) {
			return nil
		}
		return []Event{{"conference:participant-token-issued", TokenIssued{Secret(jwt), conference, participant}}}
	}
	return nil
}

var flatCommands = map[string]string{
	"channels":                  "channels:notify",
	"addedToListModerators":     "participant:added-to-list-moderators",
	"removedFromListModerators": "participant:removed-from-list-moderators",
	"accountChanged":            "account:changed",
	"accountDeleted":            "account:deleted",
}

// decodeExact reads an object with exact member names: encoding/json alone would match them without case.
func decodeExact(text string, cmd *string, body *map[string]any, input, output, conference *any) bool {
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return false
	}
	var ok bool
	if *cmd, ok = object["cmd"].(string); !ok {
		return false
	}
	switch b := object["body"].(type) {
	case map[string]any:
		*body = b
	case nil:
	default:
		*body = map[string]any{} // not an object: present, and without members
	}
	*input, *output, *conference = object["input"], object["output"], object["conference"]
	return true
}
