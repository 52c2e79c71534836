package call_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"parley/connector/call"
)

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// FuzzOfferAnswer answers a spectator's offer with anything, for any names of conference, sound mix and token: the names
// stay what they are in the address, the token only in its header, and an answer is either a description or an error
// without the token in it.
func FuzzOfferAnswer(f *testing.F) {
	f.Add(200, `{"type":"answer","sdp":"v=0\r\n"}`, "100", "1", "T")
	f.Add(200, `{"type":"answer"}`, "a/../b", "1&x=2", "T.t.t")
	f.Add(401, ``, "", "", "")
	f.Add(204, `[]`, "комната 1", "%2f", "a\r\nX: y")
	f.Add(302, `{"sdp":"v=0"}`, "?", "#", "\x00")
	f.Fuzz(func(t *testing.T, status int, body, conference, audio, token string) {
		client := &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			q := r.URL.Query()
			if r.URL.Host != "server.example" || !strings.HasPrefix(r.URL.Path, "/api/v2/rtp2webrtc/offer/") ||
				strings.TrimPrefix(r.URL.Path, "/api/v2/rtp2webrtc/offer/") != conference ||
				len(q) != 2 || q.Get("audio") != audio || q.Get("quality") != "high" {
				t.Fatalf("%q %q: %v", conference, audio, r.URL)
			}
			return &http.Response{StatusCode: status, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		}), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		sdp, err := call.PostOffer(t.Context(), client, call.OfferTarget{Server: "server.example", Conference: conference,
			Quality: call.QualityHigh, AudioID: audio, Token: token}, "v=0\r\n")
		var code *call.StatusError
		switch {
		case err == nil && (sdp == "" || status < 200 || status > 299):
			t.Fatalf("status %d gave %q", status, sdp)
		case errors.As(err, &code) && code.Code != status:
			t.Fatalf("status %d became %d", status, code.Code)
		case err != nil && len(token) > 16 && // a short one may stand in any text
			strings.Contains(err.Error(), token) && !strings.Contains(body, token):
			t.Fatalf("the token is in the error: %v", err)
		}
	})
}
