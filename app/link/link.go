// Package link reads the links that open a call: sip:NUMBER@HOST and parley://HOST/NUMBER. They come from web pages and
// mails, so they are hostile until proven otherwise: everything that is not plainly a number at a host is refused.
package link

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Link is what a link asks for.
type Link struct {
	Server string // host or host:port; IPv6 addresses in brackets
	Number string // "" asks to connect only
}

// String is the link in parley's own form.
func (l Link) String() string {
	if l.Number == "" {
		return "parley://" + l.Server
	}
	return "parley://" + l.Server + "/" + url.PathEscape(l.Number)
}

// Limits of a link.
const (
	maxLength = 512 // bytes of all
	maxNumber = 64
	maxHost   = 253
)

// ErrLink is wrapped by what is wrong with a link.
var ErrLink = errors.New("not a link to a call")

func wrong(what string) error { return fmt.Errorf("%w: %s", ErrLink, what) }

// Parse reads a link. Parameters and headers in it are ignored, since each could steer the call in ways that the person
// who presses "call" does not see; a password in it is refused.
func Parse(text string) (Link, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxLength {
		return Link{}, wrong("too long")
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^`+"`{|}", c) >= 0 {
			return Link{}, wrong("it holds characters that links do not have")
		}
	}
	scheme, rest, found := strings.Cut(text, ":")
	if !found {
		return Link{}, wrong("it has no scheme")
	}
	switch strings.ToLower(scheme) {
	case "sip", "sips":
		return parseSIP(rest)
	case "parley":
		if inner, ok := strings.CutPrefix(rest, "//"); ok {
			return parseOwn(inner)
		}
		return Link{}, wrong("parley: is followed by //HOST/NUMBER")
	}
	return Link{}, wrong("its scheme is neither sip nor parley")
}

// parseSIP reads NUMBER@HOST[:PORT] of a SIP URI (RFC 3261 19.1.1). Its port is a SIP port and not one of a WebSocket: it
// is left out, unless it may be one of HTTPS.
func parseSIP(rest string) (Link, error) {
	rest = strings.TrimPrefix(rest, "//") // some pages write sip://
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, ";")
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return Link{}, wrong("a SIP link names NUMBER@HOST")
	}
	number, err := parseNumber(rest[:at])
	if err != nil {
		return Link{}, err
	}
	if number == "" {
		return Link{}, wrong("there is no number before the @")
	}
	server, port, err := parseServer(rest[at+1:])
	if err != nil {
		return Link{}, err
	}
	if port != "" && port != "5060" && port != "5061" {
		server += ":" + port
	}
	return Link{Server: server, Number: number}, nil
}

// parseOwn reads HOST[:PORT][/NUMBER].
func parseOwn(rest string) (Link, error) {
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	if strings.ContainsRune(authority, '@') {
		return Link{}, wrong("a user or password before the host is not taken")
	}
	server, port, err := parseServer(authority)
	if err != nil {
		return Link{}, err
	}
	if port != "" {
		server += ":" + port
	}
	number, err := parseNumber(strings.TrimSuffix(path, "/"))
	if err != nil {
		return Link{}, err
	}
	return Link{Server: server, Number: number}, nil
}

// parseNumber unescapes a user part once and takes letters, digits and the marks that numbers have.
func parseNumber(text string) (string, error) {
	number, err := url.PathUnescape(text)
	if err != nil {
		return "", wrong("its number is not escaped as it should be")
	}
	if len(number) > maxNumber {
		return "", wrong("its number is too long")
	}
	for i, c := range []byte(number) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case c == '+' && i == 0, i > 0 && strings.IndexByte("._-", c) >= 0, c == '*', c == '#':
		case c == ':':
			return "", wrong("a password is not taken")
		default:
			return "", wrong(fmt.Sprintf("its number holds %q", c))
		}
	}
	return number, nil
}

// parseServer reads HOST[:PORT]; the port comes apart.
func parseServer(text string) (host, port string, err error) {
	host = text
	if strings.HasPrefix(text, "[") {
		end := strings.IndexByte(text, ']')
		if end < 0 {
			return "", "", wrong("an IPv6 address is not closed")
		}
		address, parsing := netip.ParseAddr(text[1:end])
		if parsing != nil || !address.Is6() || address.Zone() != "" {
			return "", "", wrong("what stands in brackets is no IPv6 address")
		}
		host = "[" + address.String() + "]"
		text = text[end+1:]
	} else {
		host, text, _ = cutBefore(text, ':')
		if !hostName(host) {
			return "", "", wrong("its host is not a name or an address")
		}
		host = strings.ToLower(host)
	}
	if text == "" {
		return host, "", nil
	}
	number, parsing := strconv.ParseUint(strings.TrimPrefix(text, ":"), 10, 16)
	if !strings.HasPrefix(text, ":") || parsing != nil || number == 0 {
		return "", "", wrong("its port is not a number from 1 to 65535")
	}
	return host, strconv.FormatUint(number, 10), nil
}

// cutBefore is strings.Cut that leaves the separator at the second part.
func cutBefore(s string, separator byte) (before, after string, found bool) {
	if i := strings.IndexByte(s, separator); i >= 0 {
		return s[:i], s[i:], true
	}
	return s, "", false
}

// hostName takes DNS names (RFC 1123 2.1) and IPv4 addresses.
func hostName(s string) bool {
	if s == "" || len(s) > maxHost {
		return false
	}
	digits := true
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			switch {
			case c >= '0' && c <= '9':
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_':
				digits = false
			default:
				return false
			}
		}
	}
	return !digits || net.ParseIP(s) != nil
}
