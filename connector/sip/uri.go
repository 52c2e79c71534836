package sip

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"parley/connector/signal"
	"parley/connector/sip/transaction"
)

// randomToken gives n characters for tags, Call-IDs and invented host names (RFC 3261 19.3: at least 32 random bits).
func randomToken(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}

// parseTarget makes the URI that a person means: a complete sip: or sips: URI, user@host, or a user of our domain.
func parseTarget(target, domain string) (sip.Uri, error) {
	var uri sip.Uri
	target = strings.TrimSpace(target)
	if target == "" {
		return uri, errors.New("empty target")
	}
	lower := strings.ToLower(target)
	if !strings.HasPrefix(lower, "sip:") && !strings.HasPrefix(lower, "sips:") {
		user, host := target, domain
		if at := strings.LastIndexByte(target, '@'); at >= 0 {
			user, host = target[:at], target[at+1:]
		}
		target = "sip:" + escapeUser(user) + "@" + host
	}
	for _, c := range []byte(target) {
		if c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' {
			return uri, fmt.Errorf("target contains %q", c)
		}
	}
	if err := sip.ParseUri(target, &uri); err != nil {
		return uri, fmt.Errorf("target: %w", err)
	}
	if uri.Host == "" || uri.Wildcard {
		return uri, errors.New("target without a host")
	}
	uri.Headers = nil // RFC 3261 19.1.5: headers in a URI could forge any of ours
	uri.UriParams.Remove("method")
	return uri, nil
}

// escapeUser escapes what the user part of a URI cannot hold (RFC 3261 25.1); what is escaped already stays.
func escapeUser(user string) string {
	const allowed = "-_.!~*'()&=+$,;?/"
	var b strings.Builder
	for i := 0; i < len(user); i++ {
		c := user[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(allowed, c) >= 0,
			c == '%' && isEscape(user[i:]):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isEscape(s string) bool {
	if len(s) < 3 {
		return false
	}
	_, err := strconv.ParseUint(s[1:3], 16, 8)
	return err == nil
}

func unescapeUser(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && isEscape(s[i:]) {
			v, _ := strconv.ParseUint(s[i+1:i+3], 16, 8)
			b.WriteByte(byte(v))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// quoteDisplayName makes a name fit between quotes (RFC 3261 25.1).
func quoteDisplayName(name string) string {
	var b strings.Builder
	for _, c := range name {
		switch {
		case c < ' ' || c == 0x7f:
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func unquoteDisplayName(name string) string {
	var b strings.Builder
	escaped := false
	for _, c := range name {
		if c == '\\' && !escaped {
			escaped = true
			continue
		}
		escaped = false
		b.WriteRune(c)
	}
	return b.String()
}

func identity(displayName string, uri sip.Uri) signal.Identity {
	return signal.Identity{
		DisplayName: unquoteDisplayName(displayName),
		User:        unescapeUser(uri.User),
		Host:        uri.Host,
	}
}

// headersOf gives all headers of a message in order.
func headersOf(m interface{ Headers() []sip.Header }) []signal.Header {
	all := m.Headers()
	headers := make([]signal.Header, len(all))
	for i, h := range all {
		headers[i] = signal.Header{Name: h.Name(), Value: h.Value()}
	}
	return headers
}

func headerValue(m interface{ GetHeader(string) sip.Header }, name string) string {
	if h := m.GetHeader(name); h != nil {
		return strings.TrimSpace(h.Value())
	}
	return ""
}

// headerTokens gives the lower-case entries of a comma-separated header such as Require, in all its lines.
func headerTokens(m interface{ GetHeaders(string) []sip.Header }, name string) []string {
	var tokens []string
	for _, h := range m.GetHeaders(name) {
		for _, token := range strings.Split(h.Value(), ",") {
			if token = strings.ToLower(strings.TrimSpace(token)); token != "" {
				tokens = append(tokens, token)
			}
		}
	}
	return tokens
}

// mediaType is the type of a Content-Type value, lower case, without parameters.
func mediaType(value string) string {
	value, _, _ = strings.Cut(value, ";")
	return strings.ToLower(strings.TrimSpace(value))
}

// contentType of a message, "" when it has none. sipgo knows the compact form.
func contentType(m sip.Message) string {
	for _, name := range []string{"content-type", "c"} {
		if h := m.GetHeaders(name); len(h) > 0 {
			return strings.TrimSpace(h[0].Value())
		}
	}
	return ""
}

func tagOf(params sip.HeaderParams) string {
	tag, _ := params.Get("tag")
	return tag
}

// reasonHeader makes the value of a Reason header (RFC 3326); "" when there is nothing to say. A reason that is such a
// value already stays as it is.
func reasonHeader(code int, reason string) string {
	reason = strings.TrimSpace(reason)
	upper := strings.ToUpper(reason)
	if strings.Contains(reason, ";") && (strings.HasPrefix(upper, "SIP") || strings.HasPrefix(upper, "Q.850")) {
		return reason
	}
	if code == 0 && reason == "" {
		return ""
	}
	value := "SIP ;cause=" + strconv.Itoa(code)
	if code == 0 {
		value = "SIP ;cause=200"
	}
	if reason != "" {
		value += ` ;text="` + quoteDisplayName(reason) + `"`
	}
	return value
}

// parseReason reads cause and text of a Reason header (RFC 3326 2).
func parseReason(value string) (code int, text string) {
	for _, part := range transaction.SplitQuoted(value, ';')[1:] {
		key, v, _ := strings.Cut(part, "=")
		v = strings.TrimSpace(v)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "cause":
			code, _ = strconv.Atoi(v)
		case "text":
			text = unquoteDisplayName(strings.TrimSuffix(strings.TrimPrefix(v, `"`), `"`))
		}
	}
	return code, text
}
