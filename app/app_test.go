package app

import (
	"context"
	"strings"
	"testing"
)

func TestExitCodes(t *testing.T) {
	t.Setenv("PARLEY_CONFIG", t.TempDir())
	tests := []struct {
		line string
		code int
		says string
	}{
		{"--version", exitOK, "parley " + Version},
		{"call --help", exitOK, "--record-video"},
		{"call", exitUsage, "missing flags"},
		{"probe --server 127.0.0.1:1", exitFailed, "first TCP: nothing listens at that address"},
		{"call --server 127.0.0.1:1 --guest --name N --to 2001 --camera none --microphone none", exitFailed,
			"could not connect to 127.0.0.1:1: nothing listens at that address. Check that the server is running"},
		{"room --listen 127.0.0.1:99999", exitFailed, "could not start the room server"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			var out, errs strings.Builder
			code := Run(context.Background(), strings.Fields(test.line), Streams{&out, &errs})
			if text := out.String() + errs.String(); code != test.code || !strings.Contains(text, test.says) {
				t.Errorf("exit code %d, said %q; want %d and %q", code, text, test.code, test.says)
			}
		})
	}
}
