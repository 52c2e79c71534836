package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"parley/connector/signal"
)

// ForServer tells whether an INFO is one that clients send to servers. In a direct call it comes to the other client, who
// has no use for it.
func ForServer(contentType string) bool {
	switch mediaType(contentType) {
	case TypeMediaState, TypeRefusal, TypeStats, TypeChannels:
		return true
	}
	return false
}

// Explain says why no event follows from an INFO. It quotes a little of what came, never a token.
func Explain(contentType string, headers []signal.Header) string {
	switch kind := mediaType(contentType); kind {
	case TypeRoomName:
		return "it names neither a room with our name in it nor channels"
	case TypeNotify:
		return explainNotify(headers)
	case TypeShare:
		return unexpected(headers, "x-webrtc-share-state")
	case TypeMic:
		return unexpected(headers, "x-webrtc-mic")
	case TypeLicense:
		return unexpected(headers, "x-webrtc-use-license")
	case TypeState:
		return unexpected(headers, "x-webrtc-partstate")
	case TypeDTMF:
		return "it names no tone"
	default:
		return fmt.Sprintf("content type %.60q is not known", kind)
	}
}

// unexpected tells of an enumerated value.
func unexpected(headers []signal.Header, name string) string {
	value, there := lookup(headers, name)
	if !there {
		return name + " is missing"
	}
	return fmt.Sprintf("%s is %.60q", name, value)
}

func explainNotify(headers []signal.Header) string {
	text, there := lookup(headers, "x-vinteo-notify")
	switch {
	case !there:
		return "x-vinteo-notify is missing"
	case len(text) > maxNotify:
		return fmt.Sprintf("its JSON has %d bytes, more than %d", len(text), maxNotify)
	}
	var value any
	err := json.Unmarshal([]byte(text), &value)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("its JSON is wrong after %d bytes: %v", syntax.Offset, syntax)
	}
	object, is := value.(map[string]any)
	if err != nil || !is {
		return "its JSON is no object"
	}
	cmd, is := object["cmd"].(string)
	switch {
	case !is:
		return "it has no cmd"
	case !strings.Contains(bodyCommands, " "+cmd+" "):
		return fmt.Sprintf("cmd %.60q is not known", cmd)
	}
	return fmt.Sprintf("cmd %s comes without what belongs into its body", cmd)
}

// bodyCommands are the commands of a notify that have a body.
const bodyCommands = " WebcastStarted WebcastStopped ParticipationRequestAccepted ParticipationRequestRejected " +
	"ParticipantMovedToWebcast ConferenceParticipantTokenIssued "
