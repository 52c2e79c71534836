// Package logging sets up the log: text lines on one writer, with a level, and with secrets kept out.
package logging

import (
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// New logs to out what has the named level (debug, info, warn, error) or more.
func New(out io.Writer, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, err
	}
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: least, ReplaceAttr: redact})), nil
}

// Both logs to out what has the named level or more, and to file what is info or more (everything when the level is debug).
func Both(out io.Writer, level string, file io.Writer) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, err
	}
	handler := func(w io.Writer, least slog.Level) slog.Handler {
		return slog.NewTextHandler(w, &slog.HandlerOptions{Level: least, ReplaceAttr: redact})
	}
	return slog.New(slog.NewMultiHandler(handler(out, least), handler(file, min(least, slog.LevelInfo)))), nil
}

// hidden stands where a secret was.
const hidden = "[hidden]"

var secretKeys = []string{"password", "token", "jwt", "authorization", "credential", "secret", "digest"}

// secretText finds secrets inside longer texts: a SIP message, a header, an URL.
var secretText = regexp.MustCompile(`(?i)((?:proxy-)?authorization|x-bearer-token)(: *)[^\r\n]+|(response|ha1|password|jwt|"token")(["']?[=:] *)("[^"]*"|[^\s,;&]+)`)

// redact is the last line of defence: no caller should log a secret, and if one does it still does not appear.
func redact(_ []string, a slog.Attr) slog.Attr {
	key := strings.ToLower(a.Key)
	if slices.ContainsFunc(secretKeys, func(secret string) bool { return strings.Contains(key, secret) }) {
		return slog.String(a.Key, hidden)
	}
	switch value := a.Value.Resolve(); value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Clean(value.String()))
	case slog.KindAny:
		if err, ok := value.Any().(error); ok {
			a.Value = slog.StringValue(Clean(err.Error()))
		}
	}
	return a
}

// Clean takes out of a text what looks like a secret, by what stands before it.
func Clean(text string) string { return secretText.ReplaceAllString(text, "$1$2$3$4"+hidden) }
