package transaction

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// answerMalformed builds a 400 (505 for another version) for a request that cannot be used, when its start line and the
// headers an answer must copy can be made out (RFC 3261 8.2.6.2, 16.3); nil else. ACK and responses get no answer.
func answerMalformed(raw []byte, cause error) []byte {
	head, _, _ := bytes.Cut(bytes.TrimLeft(raw, "\r\n"), []byte("\r\n\r\n"))
	lines := unfold(head)
	start := strings.Fields(lines[0])
	if len(start) < 3 || !strings.HasPrefix(start[len(start)-1], "SIP/") || start[0] == string(sip.ACK) ||
		strings.HasPrefix(start[0], "SIP/") {
		return nil
	}
	copied := map[string][]string{}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name = longName(strings.ToLower(strings.TrimSpace(name)))
		copied[name] = append(copied[name], strings.TrimSpace(value))
	}
	for _, name := range []string{"via", "from", "to", "call-id", "cseq"} {
		if len(copied[name]) == 0 {
			return nil
		}
	}
	status := "400 Bad Request"
	var version versionError
	if errors.As(cause, &version) {
		status = "505 Version Not Supported"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s\r\n", status)
	for _, via := range copied["via"] {
		fmt.Fprintf(&b, "Via: %s\r\n", via)
	}
	to := copied["to"][0]
	if !strings.Contains(strings.ToLower(to), "tag") {
		to += ";tag=" + sip.GenerateTagN(10)
	}
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
		copied["from"][0], to, copied["call-id"][0], copied["cseq"][0])
	return []byte(b.String())
}

// longName of the compact forms an answer needs (RFC 3261 20).
func longName(name string) string {
	switch name {
	case "v":
		return "via"
	case "f":
		return "from"
	case "t":
		return "to"
	case "i":
		return "call-id"
	}
	return name
}

// excerpt is what the log may show of a malformed message: the start of its first line. Never a header: it may hold
// credentials.
func excerpt(raw []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimLeft(raw, "\r\n"), []byte("\r\n"))
	if len(line) > 60 {
		line = line[:60]
	}
	return string(line)
}
