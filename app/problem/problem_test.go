package problem

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"parley/connector/call"
	"parley/connector/signal"
	"parley/media/codec"
	"parley/media/device"
)

// get fetches a real error from a real connection.
func get(t *testing.T, client *http.Client, url string) error {
	t.Helper()
	response, err := client.Get(url)
	if err == nil {
		response.Body.Close()
		t.Fatalf("GET %s succeeded", url)
	}
	return err
}

func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestEveryCauseHasItsWords(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	trusting := secure.Client().Transport.(*http.Transport).Clone()
	trusting.TLSClientConfig.ServerName = "elsewhere.invalid"
	_, noFile := os.Open("/does/not/exist.y4m")

	tests := []struct {
		name     string
		err      error
		why, fix string
	}{
		{"refused", get(t, http.DefaultClient, "https://"+closedPort(t)), "nothing listens", "running"},
		{"authority", get(t, http.DefaultClient, secure.URL), "not signed by an authority", "--insecure-tls"},
		{"host", get(t, &http.Client{Transport: trusting}, secure.URL), "elsewhere.invalid", "name"},
		{"not TLS", get(t, http.DefaultClient, strings.Replace(plain.URL, "http:", "https:", 1)), "does not speak TLS", "--plain"},
		{"name", &net.DNSError{Name: "nowhere.invalid", IsNotFound: true}, "nowhere.invalid", "name"},
		{"password", &signal.ResponseError{Method: "REGISTER", StatusCode: 403, Cause: signal.CauseRejected},
			"refused user and password", "Check"},
		{"user", &signal.ResponseError{Method: "REGISTER", StatusCode: 404, Cause: signal.CauseNotFound},
			"does not know this user", "Check"},
		{"number", &signal.ResponseError{Method: "INVITE", StatusCode: 404, Cause: signal.CauseNotFound},
			"no such number", "Check"},
		{"device", fmt.Errorf("camera %q: %w", "Foo", device.ErrNotFound), "Foo", "none"},
		{"busy device", fmt.Errorf("camera: %w", device.ErrUnavailable), "unavailable", "none"},
		{"codec", fmt.Errorf("answer: %w", codec.ErrUnsupported), "no common codec", "--codec"},
		{"file", noFile, "/does/not/exist.y4m", "name"},
		{"time", fmt.Errorf("dial: %w", context.DeadlineExceeded), "in time", "running"},
		{"other", errors.New("moon in the wrong phase"), "moon", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := New("could not connect", fmt.Errorf("wrapped: %w", test.err))
			if !strings.Contains(got.Why, test.why) || !strings.Contains(got.Fix, test.fix) {
				t.Errorf("%v says why %q, fix %q", test.err, got.Why, got.Fix)
			}
			if !errors.Is(got, test.err) {
				t.Error("the cause is lost")
			}
		})
	}
}

func TestNotTLSIsSaid(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	go func() {
		conn, err := plain.Accept()
		if err != nil {
			return
		}
		fmt.Fprint(conn, "SSH-2.0-something\r\n")
		conn.Close()
	}()
	_, err = tls.Dial("tcp", plain.Addr().String(), nil)
	if got := New("could not connect", err); !strings.Contains(got.Why, "does not speak TLS") {
		t.Errorf("%v: %q", err, got.Why)
	}
}

func TestAProblemKeepsItsOwnWords(t *testing.T) {
	inner := &Problem{What: "could not open camera", Why: "it is gone"}
	if got := New("could not call", fmt.Errorf("start: %w", inner)); got != inner {
		t.Errorf("got %v", got)
	}
	if New("nothing", nil) != nil {
		t.Error("a nil error became a problem")
	}
}

func TestEnds(t *testing.T) {
	tests := map[string]*call.Error{
		"no such number":   {Cause: signal.CauseNotFound, StatusCode: 404},
		"side declined":    {Originator: signal.Remote, Cause: signal.CauseSIPFailure, StatusCode: 487, Reason: "Request Terminated"},
		"no common codec":  {Cause: signal.CauseIncompatibleSDP, StatusCode: 488},
		"was lost":         {Cause: signal.CauseConnection},
		"500 Server Error": {Cause: signal.CauseSIPFailure, StatusCode: 500, Reason: "Server Error"},
		"webrtc error":     {Cause: signal.CauseWebRTC},
		"codec (":          {Cause: signal.CauseWebRTC, Err: codec.ErrUnsupported},
	}
	for want, end := range tests {
		if got := New("the call failed", end); !strings.Contains(got.Why, want) {
			t.Errorf("%+v says %q, want %q", end, got.Why, want)
		}
	}
}
