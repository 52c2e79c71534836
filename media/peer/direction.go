package peer

import (
	"github.com/pion/sdp/v3"

	"parley/connector/rtc"
)

// direction is the media direction of an m-line (RFC 3264, section 5.1) as a set.
type direction uint8

const (
	inactive direction = 0
	sendOnly direction = 1
	recvOnly direction = 2
	sendRecv direction = 3
)

func (d direction) String() string {
	return [...]string{"inactive", "sendonly", "recvonly", "sendrecv"}[d&3]
}

func (d direction) sends() bool    { return d&sendOnly != 0 }
func (d direction) receives() bool { return d&recvOnly != 0 }

// refusedKinds are what we do not want to receive now (rtc.OfferOptions).
type refusedKinds struct{ audio, video bool }

// wanted is what we want of a line now. Under mu.
func (p *Conn) wanted(l *line) direction {
	if l.kind == rtc.Audio && p.refused.audio || l.kind == rtc.Video && p.refused.video {
		return l.want &^ recvOnly
	}
	return l.want
}

// reversed is the same direction seen from the other side.
func (d direction) reversed() direction { return d>>1&1 | d<<1&2 }

func isDirection(key string) (direction, bool) {
	for d := inactive; d <= sendRecv; d++ {
		if d.String() == key {
			return d, true
		}
	}
	return inactive, false
}

// directionOf reads an m-line's direction; the session's stands in for a missing one, sendrecv for both (RFC 8866, 6.7).
func directionOf(media *sdp.MediaDescription, session *sdp.SessionDescription) direction {
	for _, attributes := range [][]sdp.Attribute{media.Attributes, session.Attributes} {
		for _, a := range attributes {
			if d, ok := isDirection(a.Key); ok {
				return d
			}
		}
	}
	return sendRecv
}
