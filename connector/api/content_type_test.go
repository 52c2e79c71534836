package api_test

import (
	"testing"

	"parley/connector/api"
	"parley/connector/signal"
)

// Point 19: leading blanks, parameters and any case are what RFC 3261 20.15 allows.
func TestContentTypes(t *testing.T) {
	headers := []signal.Header{{Name: "X-WebRTC-Enter-Room", Value: "RoomABC"}, {Name: "X-WebRTC-Participant-Name", Value: "Bob"}}
	for _, kind := range []string{"application/vinteo.webrtc.roomname", " Application/Vinteo.WebRTC.RoomName",
		"application/vinteo.webrtc.roomname;charset=utf-8", "application/vinteo.webrtc.roomname ; x"} {
		events := api.ParseInfo(kind, headers)
		if len(events) != 1 || events[0].Name != "enter-room" || events[0].Data.(api.EnterRoom).Room != "RoomABC" {
			t.Errorf("%q: %+v", kind, events)
		}
	}
}

// A hostile notify yields nothing, and never more than a bounded effort.
func TestHostileNotify(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `"x"`, "null", `{"cmd":5}`, `{"cmd":"WebcastStarted"}`, `{"CMD":"accountDeleted"}`,
		`{"cmd":"ConferenceParticipantTokenIssued","body":{"jwt":{},"conference":[],"participant":1}}`} {
		if events := api.ParseNotify(text); len(events) != 0 {
			t.Errorf("%q: %+v", text, events)
		}
	}
}
