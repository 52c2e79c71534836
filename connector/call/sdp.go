package call

import (
	"slices"
	"strings"
)

// held tells from the peer's description whether we are held: every m-line that is in use is sendonly or inactive.
// Directions as in RFC 3264 and RFC 8866 6.7; the session's direction counts where an m-line says none.
func held(sdp string) bool {
	session, direction, used, lines := "sendrecv", "", false, 0
	all := true
	finish := func() {
		if !used {
			return
		}
		lines++
		d := direction
		if d == "" {
			d = session
		}
		if d != "sendonly" && d != "inactive" {
			all = false
		}
	}
	inMedia := false
	for line := range strings.SplitSeq(sdp, "\n") {
		line = strings.TrimRight(line, "\r")
		switch {
		case strings.HasPrefix(line, "m="):
			finish()
			inMedia, direction = true, ""
			fields := strings.Fields(line[2:])
			// The presentation's m-line is one-way by nature and says nothing about hold.
			used = len(fields) > 1 && fields[1] != "0"
		case line == "a=sendrecv", line == "a=sendonly", line == "a=recvonly", line == "a=inactive":
			if inMedia {
				direction = line[2:]
			} else {
				session = line[2:]
			}
		}
	}
	finish()
	return lines > 0 && all
}

// fingerprints are the keys that a description names (RFC 8122), each once, in order; "" when it names none.
func fingerprints(sdp string) string {
	var list []string
	for line := range strings.SplitSeq(sdp, "\n") {
		if value, ok := strings.CutPrefix(strings.TrimRight(line, "\r"), "a=fingerprint:"); ok && !slices.Contains(list, value) {
			list = append(list, value)
		}
	}
	return strings.Join(list, " ")
}

// redact hides the keys of a description for events and logs (RFC 8839 ice-pwd, RFC 4568 crypto).
func redact(sdp string) string {
	lines := strings.Split(sdp, "\n")
	for i, line := range lines {
		for _, secret := range []string{"a=ice-pwd:", "a=crypto:"} {
			if strings.HasPrefix(line, secret) {
				lines[i] = secret + "…\r"
			}
		}
	}
	return strings.Join(lines, "\n")
}

// Description is the payload of an sdp event.
type Description struct {
	Originator string `json:"originator"`
	Type       string `json:"type"`
	SDP        string `json:"sdp"`
}
