package transaction

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// MaxMessage is the largest message that is parsed, in bytes.
const MaxMessage = 256 << 10

// ErrMalformed is wrapped by every error of Parse.
var ErrMalformed = errors.New("malformed SIP message")

// versionError is a message of another SIP version (answered 505, RFC 3261 21.5.6).
type versionError string

func (v versionError) Error() string { return fmt.Sprintf("version %q", string(v)) }

// parser has a limit of its own; sipgo's global one stays as it is.
var parser = func() *sip.Parser {
	p := sip.NewParser()
	p.MaxMessageLength = MaxMessage + 1024
	return p
}()

// Parse reads one SIP message that came as one WebSocket message (RFC 7118 5: a body without Content-Length reaches to
// its end), and checks what sipgo leaves to its users: the headers every message must have, once each; CSeq's method; the
// version; the range of the status code (RFC 3261 8.1.1, 20; RFC 4475).
func Parse(raw []byte) (message sip.Message, err error) {
	defer func() {
		if r := recover(); r != nil { // the parser sees hostile bytes; a fault of it must cost one message only
			message, err = nil, fmt.Errorf("%w: parser fault: %v", ErrMalformed, r)
		}
	}()
	raw = bytes.TrimLeft(raw, "\r\n") // RFC 3261 7.5
	message, err = parser.ParseSIP(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	switch m := message.(type) {
	case *sip.Request:
		// sipgo turns methods to upper case, but they are compared with case (RFC 3261 7.1).
		if end := bytes.IndexByte(raw, ' '); end > 0 {
			m.Method = sip.RequestMethod(raw[:end])
		}
		err = checkRequest(m)
	case *sip.Response:
		err = checkResponse(m)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if bytes.Contains(raw, []byte("gruu=\"")) {
		restoreContacts(message, raw)
	}
	return message, nil
}

func checkRequest(req *sip.Request) error {
	if !strings.EqualFold(req.SipVersion, "SIP/2.0") {
		return versionError(req.SipVersion)
	}
	if err := checkHeaders(req); err != nil {
		return err
	}
	if req.CSeq().MethodName != req.Method {
		return fmt.Errorf("CSeq has method %q in a %q", req.CSeq().MethodName, req.Method)
	}
	return nil
}

func checkResponse(res *sip.Response) error {
	if !strings.EqualFold(res.SipVersion, "SIP/2.0") {
		return versionError(res.SipVersion)
	}
	if res.StatusCode < 100 || res.StatusCode > 699 {
		return fmt.Errorf("status code %d", res.StatusCode)
	}
	return checkHeaders(res)
}

// once are the headers that must be there exactly once.
var once = []string{"from", "to", "call-id", "cseq"}

func checkHeaders(m interface {
	sip.Message
	Headers() []sip.Header
}) error {
	count := make(map[string]int, len(once)+1)
	for _, h := range m.Headers() {
		count[strings.ToLower(h.Name())]++
	}
	for _, name := range once {
		if count[name] != 1 {
			return fmt.Errorf("%d headers %s", count[name], name)
		}
	}
	if count["content-length"] > 1 {
		return fmt.Errorf("%d headers content-length", count["content-length"])
	}
	via := m.Via()
	if via == nil || via.Host == "" {
		return errors.New("no usable via header")
	}
	if !strings.EqualFold(via.ProtocolName, "SIP") || via.ProtocolVersion != "2.0" {
		return fmt.Errorf("protocol of Via %s/%s", via.ProtocolName, via.ProtocolVersion)
	}
	// Blanks around "=" and ";" are allowed (RFC 3261 7.3.1); sipgo leaves them in.
	via.Params = trimmed(via.Params)
	m.From().Params = trimmed(m.From().Params)
	m.To().Params = trimmed(m.To().Params)
	cseq := m.CSeq()
	cseq.MethodName = sip.RequestMethod(strings.TrimSpace(string(cseq.MethodName)))
	return nil
}

func trimmed(params sip.HeaderParams) sip.HeaderParams {
	for i := range params {
		params[i].K = strings.TrimSpace(params[i].K)
		params[i].V = strings.TrimSpace(params[i].V)
	}
	return params
}

// restoreContacts parses the Contact headers again: sipgo splits parameters at a ";" within quotes, which tears the GRUU of
// a registration apart (RFC 5627 5.3: pub-gruu="sip:a@b;gr=…"). The quotes stay in the values.
func restoreContacts(message sip.Message, raw []byte) {
	type remover interface{ RemoveHeader(string) bool }
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	var contacts []sip.Header
	for _, line := range unfold(head) {
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name != "contact" && name != "m" {
			continue
		}
		for _, one := range SplitQuoted(value, ',') {
			if h, ok := parseContact(one); ok {
				contacts = append(contacts, h)
			}
		}
	}
	if len(contacts) == 0 {
		return
	}
	for message.(remover).RemoveHeader("Contact") {
	}
	for i := len(contacts) - 1; i >= 0; i-- { // so that Contact() gives the first
		message.AppendHeader(contacts[i])
	}
}

func parseContact(value string) (*sip.ContactHeader, bool) {
	h := &sip.ContactHeader{}
	parts := SplitQuoted(value, ';')
	name, err := sip.ParseAddressValue(strings.TrimSpace(parts[0]), &h.Address, nil)
	if err != nil {
		return nil, false
	}
	h.DisplayName = name
	for _, part := range parts[1:] {
		key, v, _ := strings.Cut(part, "=")
		h.Params.Add(strings.TrimSpace(key), strings.TrimSpace(v))
	}
	return h, true
}

// SplitQuoted splits a header value at separators outside quotes and angle brackets.
func SplitQuoted(value string, separator byte) []string {
	var parts []string
	quoted, bracket, start := false, false, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			bracket = true
		case c == '>':
			bracket = false
		case c == separator && !bracket:
			parts = append(parts, value[start:i])
			start = i + 1
		}
	}
	return append(parts, value[start:])
}

// unfold gives the lines of a header section with continuation lines joined (RFC 3261 7.3.1).
func unfold(head []byte) []string {
	var lines []string
	for _, line := range strings.Split(string(head), "\r\n") {
		if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && len(lines) > 0 {
			lines[len(lines)-1] += " " + strings.TrimSpace(line)
			continue
		}
		lines = append(lines, line)
	}
	return lines
}
