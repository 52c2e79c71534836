package call

import (
	"strings"

	"parley/connector/signal"
)

// ParseHeaders turns header lines into headers. A list that holds an empty line is refused whole; a line is split at its
// first colon and blank.
func ParseHeaders(lines []string) []signal.Header {
	var headers []signal.Header
	for _, line := range lines {
		if line == "" {
			return nil
		}
		name, value, _ := strings.Cut(line, ": ")
		headers = append(headers, signal.Header{Name: name, Value: value})
	}
	return headers
}

// InviteState is what the INVITE tells the server about us (protocol.md, "INVITE headers").
type InviteState struct {
	MicrophoneOn, CameraOn *bool // nil: not known, not sent
	Registered             bool  // false: a guest
	SessionID              string
	PresentationCall       bool
	RemoteAddress          string
}

// InviteHeaders in the order of protocol.md; each only when known or set.
func InviteHeaders(s InviteState) []signal.Header {
	var headers []signal.Header
	add := func(name, value string) { headers = append(headers, signal.Header{Name: name, Value: value}) }
	if s.MicrophoneOn != nil {
		add("X-Vinteo-Mic-State", bit(*s.MicrophoneOn))
	}
	if s.CameraOn != nil {
		add("X-Vinteo-MainCam-State", bit(*s.CameraOn))
	}
	if !s.Registered {
		add("X-Vinteo-Purgatory-Call", "yes")
	}
	if s.SessionID != "" {
		add("X-Vinteo-Session", s.SessionID)
	}
	if s.PresentationCall {
		add("X-Vinteo-Presentation-Call", "yes")
	}
	if s.RemoteAddress != "" {
		add("X-Vinteo-Remote", s.RemoteAddress)
	}
	return headers
}

func bit(on bool) string {
	if on {
		return "1"
	}
	return "0"
}
