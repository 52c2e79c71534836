package link

import (
	"errors"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	for text, want := range map[string]Link{
		"sip:1001@meet.example.com":                        {"meet.example.com", "1001"},
		"SIP:1001@MEET.example.com":                        {"meet.example.com", "1001"},
		"sips:room-7@meet.example.com:5061;transport=tls":  {"meet.example.com", "room-7"},
		"sip:1001@meet.example.com:8443":                   {"meet.example.com:8443", "1001"},
		"sip://1001@meet.example.com?subject=hello":        {"meet.example.com", "1001"},
		"sip:+4930123@10.0.0.1":                            {"10.0.0.1", "+4930123"},
		"sip:1001@[2001:db8::1]:5060":                      {"[2001:db8::1]", "1001"},
		"parley://meet.example.com/2001":                   {"meet.example.com", "2001"},
		"parley://meet.example.com:8443/2001/?video=0#top": {"meet.example.com:8443", "2001"},
		"parley://meet.example.com/%2a55%23":               {"meet.example.com", "*55#"},
		"parley://meet.example.com":                        {"meet.example.com", ""},
		"parley://[::1]:8443/":                             {"[::1]:8443", ""},
		" parley://localhost/2001\n":                       {"localhost", "2001"},
	} {
		got, err := Parse(text)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestWhatIsNoLink(t *testing.T) {
	for _, text := range []string{
		"", "1001", "http://meet.example.com/2001", "javascript:alert(1)", "file:///etc/passwd", "--demo", "sip:", "sip:1001", "sip:@host",
		"sip:1001:secret@host", "sip:10 01@host", "sip:1001@ho st", "sip:1001@host/../x", "sip:%3cscript%3e@host", "sip:1001%00@host",
		"sip:1001@host%0d%0aVia:x", "sip:..@host", "sip:-flag@host", "sip:1001@", "sip:1001@host:0", "sip:1001@host:99999", "sip:1001@host:",
		"sip:1001@-host", "sip:1001@1.2.3", "sip:1001@[::1", "sip:1001@[fe80::1%25eth0]", "sip:1001@[1.2.3.4]", "sip:1001@хост",
		"parley:2001", "parley:///2001", "parley://user@host/2001", "parley://user:pass@host/2001", "parley://host/a/b", "parley://host/%zz",
		"parley://host/" + strings.Repeat("1", 65), "sip:1001@" + strings.Repeat("a.", 300) + "com", "sip:1\x1b[31m@host",
	} {
		if got, err := Parse(text); !errors.Is(err, ErrLink) {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"sip:1001@meet.example.com", "sips:+1@[::1]:8443;x=y?z", "parley://h.example:1/%2a5", "parley://[::1]", "sip:a@b@c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Parse(text)
		if err != nil {
			if !errors.Is(err, ErrLink) || got != (Link{}) {
				t.Errorf("%q: got %+v, %v", text, got, err)
			}
			return
		}
		if got.Server == "" || len(got.Server) > maxHost+8 || len(got.Number) > maxNumber {
			t.Errorf("%q: got %+v", text, got)
		}
		if strings.ContainsAny(got.Server+got.Number, " \t\r\n/@\"<>\\%?;&=\x00\x1b") {
			t.Errorf("%q: dangerous characters came through: %+v", text, got)
		}
		if strings.HasPrefix(got.Number, "-") || strings.HasPrefix(got.Server, "-") {
			t.Errorf("%q: looks like a flag: %+v", text, got)
		}
		again, err := Parse(got.String())
		if err != nil || again != got {
			t.Errorf("%q: %q is read back as %+v, %v", text, got, again, err)
		}
	})
}
