package discovery_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/connector/discovery"
	"parley/connector/rtc"
)

func serve(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/address" {
			t.Errorf("path %s", r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// What is made of a server's answers, of none, and of hostile ones.
func TestAnswers(t *testing.T) {
	stun := []rtc.ICEServer{{URLs: []string{"stun:10.0.0.1:3478"}}}
	for name, c := range map[string]struct {
		status int
		body   string
		want   discovery.Address
		fails  bool
	}{
		"complete": {200, `{"ip":"10.0.0.1","remoteAddress":"1.2.3.4","unified":true,"iceServers":[{"urls":["turn:a:1","http://x"],` +
			`"username":"u","credential":"c"},{"urls":"stun:b"}]}`, discovery.Address{Told: true, SIPServerIP: "10.0.0.1",
			RemoteAddress: "1.2.3.4", Unified: true, ICEServers: []rtc.ICEServer{{URLs: []string{"turn:a:1"}, Username: "u",
				Credential: "c"}, {URLs: []string{"stun:b"}}}}, false},
		"no ICE servers":      {200, `{"ip":"10.0.0.1"}`, discovery.Address{Told: true, SIPServerIP: "10.0.0.1", ICEServers: stun}, false},
		"invalid ICE servers": {200, `{"ip":"10.0.0.1","iceServers":{"a":1}}`, discovery.Address{Told: true, SIPServerIP: "10.0.0.1", ICEServers: stun}, false},
		"none needed": {200, `{"ip":"10.0.0.1","iceServers":[]}`, discovery.Address{Told: true, SIPServerIP: "10.0.0.1",
			ICEServers: []rtc.ICEServer{}}, false},
		"no endpoint":        {404, `nothing here`, discovery.Address{SIPServerIP: "127.0.0.1"}, false},
		"a web page":         {200, `<html>welcome</html>`, discovery.Address{SIPServerIP: "127.0.0.1"}, false},
		"a header in the ip": {200, `{"ip":"a\r\nX: y"}`, discovery.Address{}, true},
		"no ip":              {200, `{"unified":true}`, discovery.Address{}, true},
		"broken":             {200, `{"ip":`, discovery.Address{}, true},
		"too long":           {200, `{"ip":"` + strings.Repeat("a", 70_000) + `"}`, discovery.Address{}, true},
		"server error":       {503, ``, discovery.Address{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, c.status, c.body)
			got, err := discovery.Fetch(t.Context(), nil, server, true)
			if c.fails {
				var step *discovery.Error
				if !errors.As(err, &step) || (step.Step != discovery.StepAnswer && step.Step != discovery.StepHTTP) {
					t.Fatalf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.want.SIPServerURL = server
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// An error names the step of the way to the server that failed.
func TestStepsInWords(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for server, want := range map[string]discovery.Step{
		"a/b":       discovery.StepAddress,
		"user@host": discovery.StepAddress,
		"":          discovery.StepAddress,
		strings.TrimPrefix(secure.URL, "https://"): discovery.StepTLS,
		strings.TrimPrefix(closed.URL, "http://"):  discovery.StepConnect,
		serve(t, 200, "{}"):                        discovery.StepTLS, // plain HTTP where TLS is expected
	} {
		_, err := discovery.Fetch(t.Context(), nil, server, false)
		var step *discovery.Error
		if !errors.As(err, &step) || step.Step != want {
			if want == discovery.StepTLS && step != nil && step.Step == discovery.StepHTTP {
				continue // "server gave HTTP response to HTTPS client" carries no type
			}
			t.Errorf("%q: %v, want %s", server, err, want)
		}
	}
}
