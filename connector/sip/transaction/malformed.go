package transaction

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// answerMalformed builds a 400 (505 for another version, 416 for an address of another kind) for a request that cannot be
// used, when its start line and its Via and CSeq, by which the peer knows what is answered, can be made out (RFC 3261
// 8.2.6.2, 16.3; RFC 4475 3.3.1); nil else. ACK and responses get no answer.
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
	if len(copied["via"]) == 0 || len(copied["cseq"]) == 0 {
		return nil
	}
	status := "400 Bad Request"
	var version versionError
	switch {
	case errors.As(cause, &version):
		status = "505 Version Not Supported"
	case len(start) == 3 && foreignScheme(start[1]):
		status = "416 Unsupported URI Scheme"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s\r\n", status)
	for _, via := range copied["via"] {
		fmt.Fprintf(&b, "Via: %s\r\n", via)
	}
	if to := copied["to"]; len(to) > 0 && !strings.Contains(strings.ToLower(to[0]), "tag") {
		to[0] += ";tag=" + sip.GenerateTagN(10)
	}
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		if values := copied[strings.ToLower(name)]; len(values) > 0 {
			fmt.Fprintf(&b, "%s: %s\r\n", name, values[0])
		}
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(b.String())
}

// scheme of an address (RFC 3986 3.1).
var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)

func foreignScheme(address string) bool {
	m := scheme.FindStringSubmatch(address)
	return m != nil && !strings.EqualFold(m[1], "sip") && !strings.EqualFold(m[1], "sips")
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
