package discovery_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"parley/connector/discovery"
)

// answer is an HTTP client's transport that always gives the same answer.
type answer struct {
	status int
	body   string
}

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Request: r,
		Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

// FuzzAddress answers GET /api/v1/address with anything. What comes out can be put into a SIP URI and into an ICE
// configuration, in bounded numbers.
func FuzzAddress(f *testing.F) {
	f.Add(200, `{"ip":"10.0.0.1","remoteAddress":"192.0.2.1","unified":true,"iceServers":[{"urls":["stun:a"],"username":"u","credential":"c"}]}`)
	f.Add(200, `{"ip":"::1","iceServers":[{"urls":"turn:a:1?transport=udp"},{"url":"stun:b"}]}`)
	f.Add(200, `{"ip":"a b"}`)
	f.Add(200, `{"ip":"a","iceServers":{}}`)
	f.Add(200, `<html>`)
	f.Add(404, ``)
	f.Add(503, `{}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		got, err := discovery.Fetch(t.Context(), &http.Client{Transport: answer{status, body}}, "server.example:8443", false)
		if err != nil {
			var step *discovery.Error
			if !errors.As(err, &step) || step.Step == "" {
				t.Fatalf("%v names no step", err)
			}
			return
		}
		if got.SIPServerURL != "server.example:8443" || got.SIPServerIP == "" {
			t.Fatalf("%+v", got)
		}
		for _, text := range []string{got.SIPServerIP, got.RemoteAddress} {
			if len(text) > 255 || strings.ContainsAny(text, " \t\r\n<>\"@;?&,\x00") {
				t.Fatalf("address %q", text)
			}
		}
		if len(got.ICEServers) > 16 {
			t.Fatalf("%d ICE servers", len(got.ICEServers))
		}
		for _, s := range got.ICEServers {
			if len(s.URLs) == 0 || len(s.URLs) > 16 {
				t.Fatalf("%d URLs", len(s.URLs))
			}
		}
	})
}
