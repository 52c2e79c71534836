package window

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"parley/connector/call"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/views"
)

// A handshake with an IP address carries no server name: a certificate that is valid, but for another host, must not pass.
func TestCertificateOfAnotherHostIsRefusedForAnAddress(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "other.example"},
		DNSNames: []string{"other.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(parsed)

	transport := &http.Transport{TLSClientConfig: clientTLS(server.Listener.Addr().String(), roots, ""), DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport}).Get(server.URL)
	if err == nil {
		_ = answer.Body.Close()
	}
	var refused *views.CertificateError
	if !errors.As(err, &refused) {
		t.Errorf("a certificate for other.example passes for an address: %v", err)
	}
}

// While a call is being restored it is idle between the attempts. The camera belongs to it still, and it is one call.
func TestACallThatIsRestoredKeepsItsDevices(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	camera := r.controller.stream.Video
	between := session.Initial()
	between.Redial.State = redial.Backoff
	r.connector.watch(between)
	r.state(call.InRoom)
	if r.controller.stream.Video != camera || camera == nil {
		t.Error("the camera was given up between two attempts")
	}
	if calls := len(r.controller.store.Calls()); calls != 0 {
		t.Errorf("the history has %d calls while the first goes on", calls)
	}
	r.state(call.Idle)
	if r.controller.stream.Video != nil {
		t.Error("the camera stays on after the call")
	}
	if calls := len(r.controller.store.Calls()); calls != 1 {
		t.Errorf("the history has %d calls, want 1", calls)
	}
}

// Between two attempts to restore a call the connector has none; the window goes on showing what it was.
func TestACallThatIsRestoredIsShownAsItWas(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	talking := session.Initial()
	talking.Call = session.Call{State: call.InRoom, Number: "2001", Room: "2001", RemoteName: "Room", OnHold: true}
	r.connector.watch(talking)
	between := session.Initial()
	between.Redial.State = redial.Backoff
	r.connector.watch(between)
	s := r.Model().Snapshot
	if s.Call.Room != "2001" || s.Call.RemoteName != "Room" || s.Call.State != call.Idle || s.Call.OnHold {
		t.Errorf("call %+v", s.Call)
	}
	if m := s.Media; !m.HasMicrophone || !m.HasCamera || !m.MicrophoneOn || !m.CameraOn || m.Camera != rtc.LocalTrack(r.camera) {
		t.Errorf("media %+v", m)
	}

	// What is switched off meanwhile is off in the next attempt.
	r.connector.answer["microphone off"], r.connector.answer["camera off"] = call.ErrNone, call.ErrNone
	if err := errors.Join(r.SetMicrophone(t.Context(), false), r.SetCamera(t.Context(), false)); err != nil {
		t.Fatal(err)
	}
	if r.microphone.Enabled() || r.camera.Enabled() {
		t.Error("a track stays on")
	}
	if m := r.Model().Snapshot.Media; m.MicrophoneOn || m.CameraOn || !m.HasMicrophone || !m.HasCamera {
		t.Errorf("media %+v", m)
	}
	r.state(call.Idle)
	if err := r.SetMicrophone(t.Context(), false); !errors.Is(err, call.ErrNone) {
		t.Errorf("outside of a call: %v", err)
	}
	if s := r.Model().Snapshot; s.Call.Room != "" || s.Media.HasCamera {
		t.Errorf("after the call: %+v %+v", s.Call, s.Media)
	}
}

func TestHold(t *testing.T) {
	r := newRig(t)
	if err := r.Hold(t.Context(), true); !errors.Is(err, errNotConnected) {
		t.Errorf("without a server: %v", err)
	}
	r.signIn(t)
	if err := errors.Join(r.Hold(t.Context(), true), r.Hold(t.Context(), false)); err != nil {
		t.Fatal(err)
	}
	if asked := r.connector.asked; !slices.Contains(asked, "hold on") || !slices.Contains(asked, "hold off") {
		t.Errorf("asked %v", asked)
	}
}

// Whoever dials while a call is on must not lose the devices of that call.
func TestASecondCallLeavesTheFirstOnesDevices(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	r.state(call.InRoom)
	first := r.controller.stream.Video
	if err := r.Dial(t.Context(), "2002", true); !errors.Is(err, call.ErrActive) {
		t.Errorf("a second call: %v", err)
	}
	if r.controller.stream.Video != first || r.camera.stops() != 0 {
		t.Errorf("the first call's camera was stopped %d times", r.camera.stops())
	}
	r.state(call.Idle)
	if r.camera.stops() != 1 {
		t.Errorf("after the call the camera was stopped %d times, want 1", r.camera.stops())
	}
}
