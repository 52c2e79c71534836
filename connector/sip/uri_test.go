package sip

import "testing"

// What people type becomes a SIP URI.
func TestTargets(t *testing.T) {
	for target, want := range map[string]string{
		"2001":                       "sip:2001@example.org",
		" 2001 ":                     "sip:2001@example.org",
		"bob@elsewhere.example:5070": "sip:bob@elsewhere.example:5070",
		"Böb Müller":                 "sip:B%C3%B6b%20M%C3%BCller@example.org",
		"a%20b":                      "sip:a%20b@example.org",
		"+49(30)1":                   "sip:+49(30)1@example.org",
		"sips:x@y;transport=tcp":     "sips:x@y;transport=tcp",
		"sip:x@y?Replaces=evil":      "sip:x@y",
		"sip:x@y;method=BYE":         "sip:x@y",
	} {
		uri, err := parseTarget(target, "example.org")
		if err != nil || uri.String() != want {
			t.Errorf("%q: %q, %v; want %q", target, uri.String(), err, want)
		}
	}
	if got := unescapeUser(escapeUser("Böb @ 100%")); got != "Böb @ 100%" {
		t.Errorf("there and back: %q", got)
	}
}

// Reason headers are written and read.
func TestReasons(t *testing.T) {
	for _, c := range []struct {
		code   int
		reason string
		want   string
	}{
		{0, "", ""},
		{408, "RTP Timeout", `SIP ;cause=408 ;text="RTP Timeout"`},
		{0, `say "hi"`, `SIP ;cause=200 ;text="say \"hi\""`},
		{500, `SIP;cause=408;text="RTP Timeout"`, `SIP;cause=408;text="RTP Timeout"`},
	} {
		got := reasonHeader(c.code, c.reason)
		if got != c.want {
			t.Errorf("%d %q: %q", c.code, c.reason, got)
		}
	}
	if code, text := parseReason(`SIP ;cause=408 ;text="RTP; \"Timeout\""`); code != 408 || text != `RTP; "Timeout"` {
		t.Errorf("%d %q", code, text)
	}
}
