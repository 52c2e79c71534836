package logging

import (
	"errors"
	"strings"
	"testing"
)

func TestSecretsDoNotAppear(t *testing.T) {
	const secret = "sEcReT"
	var out strings.Builder
	log, err := New(&out, "debug")
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("connect", "user", "1001", "password", secret)
	log.Debug("room", "bearerToken", secret)
	log.Debug("message", "text", "REGISTER sip:h SIP/2.0\r\nAuthorization: Digest username=\"1001\", response=\""+secret+"\"\r\nTo: <sip:1001@h>\r\n")
	log.Debug("info", "headers", "x-bearer-token: "+secret)
	log.Debug("notify", "body", `{"jwt":"`+secret+`","conference":"2001"}`)
	log.Error("failed", "error", errors.New("digest password="+secret+" refused"))
	if text := out.String(); strings.Contains(text, secret) {
		t.Error(text)
	} else if !strings.Contains(text, "1001") || !strings.Contains(text, "2001") || strings.Count(text, "\n") != 6 {
		t.Errorf("more than the secrets is gone: %s", text)
	}
}

func TestLevels(t *testing.T) {
	var out strings.Builder
	log, err := New(&out, "warn")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("small")
	log.Warn("large")
	if text := out.String(); strings.Contains(text, "small") || !strings.Contains(text, "large") {
		t.Error(text)
	}
	if _, err := New(&out, "loud"); err == nil {
		t.Error("an unknown level was taken")
	}
}
