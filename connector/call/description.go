package call

import (
	"errors"
	"strings"

	"parley/connector/rtc"
)

// Candidate is what "call:icecandidate" carries (W3C RTCIceCandidateInit).
type Candidate struct {
	Candidate string `json:"candidate"` // the attribute without "a="
	MID       string `json:"sdpMid"`
	Line      int    `json:"sdpMLineIndex"`
}

// candidates of a description of ours, each once for the m-line it stands in.
func candidates(sdp string) (list []Candidate) {
	line, mid, begins := -1, "", 0
	for text := range strings.Lines(sdp) {
		text = strings.TrimRight(text, "\r\n")
		switch {
		case strings.HasPrefix(text, "m="):
			line, mid, begins = line+1, "", len(list)
		case strings.HasPrefix(text, "a=mid:"):
			mid = text[len("a=mid:"):]
			for i := begins; i < len(list); i++ { // it may stand below the candidates
				list[i].MID = mid
			}
		case strings.HasPrefix(text, "a=candidate:"):
			list = append(list, Candidate{Candidate: text[len("a="):], MID: mid, Line: line})
		}
	}
	return list
}

// noOffer and noAnswer tell which step a description of ours failed at.
func (m *Manager) noOffer(err error) {
	if errors.Is(err, rtc.ErrSetLocalDescription) {
		m.deps.Emit("peerconnection:setlocaldescriptionfailed", m.unusable(err))
		return
	}
	m.deps.Emit("peerconnection:createofferfailed", m.unusable(err))
}

func (m *Manager) noAnswer(err error) {
	if errors.Is(err, rtc.ErrSetLocalDescription) {
		m.deps.Emit("peerconnection:setlocaldescriptionfailed", m.unusable(err))
		return
	}
	m.deps.Emit("peerconnection:createanswerfailed", m.unusable(err))
}
