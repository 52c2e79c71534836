package api_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"parley/connector/api"
	"parley/connector/signal"
)

// eventName is what the names of events look like.
var eventName = regexp.MustCompile(`^[a-z0-9-]+(:[a-z0-9-]+)*$`)

// checkEvents asserts what holds for the events of any message: few, named, and able to be written to a log.
func checkEvents(t *testing.T, events []api.Event) (log string) {
	t.Helper()
	if len(events) > 2 {
		t.Fatalf("%d events of one message", len(events))
	}
	var b strings.Builder
	for _, e := range events {
		if !eventName.MatchString(e.Name) {
			t.Fatalf("event %q", e.Name)
		}
		raw, err := json.Marshal(e.Data)
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		fmt.Fprintf(&b, "%s %s %+v\n", e.Name, raw, e.Data)
	}
	return b.String()
}

// FuzzNotify parses anything as the JSON of a notify.
func FuzzNotify(f *testing.F) {
	f.Add(`{"cmd":"channels","input":"1","output":"2"}`)
	f.Add(`{"cmd":"ConferenceParticipantTokenIssued","body":{"jwt":"T","conference":"100","participant":"1"}}`)
	f.Add(`{"cmd":"WebcastStarted","body":{"conference":100,"type":null}}`)
	f.Add(`{"cmd":"addedToListModerators","conference":[1,{"a":1e999}]}`)
	f.Add(`{"cmd":"accountChanged"}` + strings.Repeat(" ", 100))
	f.Add(strings.Repeat("[", 20000))
	f.Add("{\"cmd\":\"channels\",\"input\":\"\xff\\ud800\"}")
	f.Fuzz(func(t *testing.T, text string) { checkEvents(t, api.ParseNotify(text)) })
}

// FuzzInfo parses anything as an INFO: a content type and lines of headers. A bearer token is in no text that comes of it.
func FuzzInfo(f *testing.F) {
	for kind, lines := range map[string]string{
		api.TypeRoomName: "x-webrtc-enter-room: 100\nX-WebRTC-Participant-Name: Bob\nx-bearer-token: secret.token.text\nx-webrtc-is-direct-p2p: 1",
		api.TypeShare:    "x-webrtc-share-state: YOUCANRECEIVECONTENT\nx-webrtc-share-codec: vp8",
		api.TypeMainCam:  "x-webrtc-maincam: MAXMAINCAMRESOLUTION\nx-webrtc-maincam-resolution: 640x480\nx-webrtc-sync: 1",
		api.TypeMic:      "x-webrtc-mic: ADMINSTOPMIC\nx-webrtc-sync: 0",
		api.TypeLicense:  "x-webrtc-use-license: audio",
		api.TypeState:    "x-webrtc-partstate: SPECTATOR\nx-webrtc-audioid: 1\nx-webrtc-spectator-mode: 2",
		api.TypeNotify:   `x-vinteo-notify: {"cmd":"ConferenceParticipantTokenIssued","body":{"jwt":"secret.jwt.text","conference":"100","participant":"1"}}`,
		api.TypeChannels: "x-webrtc-input-channels: 1\nx-webrtc-output-channels: 2",
		" APPLICATION/vinteo.webrtc.RoomName ; q=\"":   "x-webrtc-input-channels: 0x10\nx-webrtc-input-channels: 2",
		"application/vinteo.webrtc.roomname;;;charset": ": \n\x00: \xff",
	} {
		f.Add(kind, lines)
	}
	f.Fuzz(func(t *testing.T, kind, lines string) {
		var headers []signal.Header
		secret := ""
		for _, line := range strings.Split(lines, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			headers = append(headers, signal.Header{Name: name, Value: value})
			if strings.EqualFold(name, "x-bearer-token") && len(value) > 8 && strings.Count(lines, value) == 1 {
				secret = value
			}
			api.Value(headers, name)
		}
		if log := checkEvents(t, api.ParseInfo(kind, headers)); secret != "" && strings.Contains(log, secret) {
			t.Fatalf("the token is in %q", log)
		}
	})
}
