package window

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/views"
	"parley/views/widget"
)

func openTestStore(t *testing.T, folder string, secrets memory) *Store {
	t.Helper()
	s, err := OpenStore(folder, "", secrets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStoreKeepsBetweenRunsAndThePasswordInTheKeyringOnly(t *testing.T) {
	folder, secrets := t.TempDir(), memory{}
	s := openTestStore(t, folder, secrets)
	form := views.SignIn{Server: "Meet.Test", Name: "Ann", User: "1001", Password: "hidden-secret", Remember: true}
	if err := errors.Join(s.SignedIn(t.Context(), form), s.Trust("Meet.Test", "AA:BB"), s.AddCall(views.Recent{Number: "2001"})); err != nil {
		t.Fatal(err)
	}
	again := openTestStore(t, folder, secrets)
	if got := again.Remembered(t.Context()); got != form {
		t.Errorf("remembered %+v, want %+v", got, form)
	}
	if len(again.Calls()) != 1 || again.Trusted("meet.test:443") != "AA:BB" || !again.Settings().SignedIn {
		t.Errorf("kept %+v", again.Settings())
	}
	files, _ := filepath.Glob(filepath.Join(folder, "*"))
	if len(files) != 2 {
		t.Errorf("files %v", files)
	}
	for _, f := range files {
		if data, err := os.ReadFile(f); err != nil || strings.Contains(string(data), "hidden-secret") {
			t.Errorf("the password is in %s, or %v", f, err)
		}
	}
	if err := again.SignedOut(); err != nil || openTestStore(t, folder, secrets).Settings().SignedIn {
		t.Errorf("signed out: %v", err)
	}
}

func TestWithoutAKeyringTheRestIsRemembered(t *testing.T) {
	secrets := memory{"broken": "yes"}
	s := openTestStore(t, "", secrets)
	form := views.SignIn{Server: "meet.test", Name: "Ann", User: "1001", Password: "hidden-secret", Remember: true}
	if err := s.SignedIn(t.Context(), form); !errors.Is(err, ErrPasswordNotKept) {
		t.Errorf("error %v", err)
	}
	form.Password = ""
	if got := s.Remembered(t.Context()); got != form {
		t.Errorf("remembered %+v", got)
	}
}

func TestCertificateIsTakenOnlyByAuthorityOrFingerprint(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	address := server.Listener.Addr().String()
	print := Fingerprint(server.Certificate().Raw)
	get := func(roots *x509.CertPool, trusted string) error {
		transport := &http.Transport{TLSClientConfig: clientTLS(address, roots, trusted), DisableKeepAlives: true}
		answer, err := (&http.Client{Transport: transport}).Get(server.URL)
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	}
	empty, authority := x509.NewCertPool(), x509.NewCertPool()
	authority.AddCert(server.Certificate())

	var untrusted *views.CertificateError
	if err := get(empty, ""); !errors.As(err, &untrusted) {
		t.Fatalf("an unknown certificate gives %v", err)
	}
	if untrusted.Changed || untrusted.Fingerprint != print || untrusted.Server != address || untrusted.NotAfter.IsZero() {
		t.Errorf("%+v", untrusted)
	}
	if err := get(empty, print); err != nil {
		t.Errorf("the trusted certificate gives %v", err)
	}
	if err := get(empty, strings.Replace(print, print[:2], "00", 1)); !errors.As(err, &untrusted) || !untrusted.Changed {
		t.Errorf("a changed certificate gives %v", err)
	}
	if err := get(authority, ""); err != nil {
		t.Errorf("a certificate of a known authority gives %v", err)
	}
	if len(print) != 95 {
		t.Errorf("fingerprint %q", print)
	}
}

// What is not to be remembered goes at once, not at the next sign-in.
func TestForget(t *testing.T) {
	folder, secrets := t.TempDir(), memory{}
	s := openTestStore(t, folder, secrets)
	form := views.SignIn{Server: "meet", Name: "Ann", User: "1001", Password: "hidden-secret", Remember: true}
	if err := s.SignedIn(t.Context(), form); err != nil || len(secrets) != 1 {
		t.Fatalf("%v, keyring %v", err, secrets)
	}
	if err := s.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := openTestStore(t, folder, secrets).Remembered(t.Context())
	if got != (views.SignIn{Server: "meet", Guest: true}) || len(secrets) != 0 {
		t.Errorf("remembered %+v, keyring %v", got, secrets)
	}
}

func TestServerKey(t *testing.T) {
	for server, want := range map[string]string{
		"Meet.Example.com": "meet.example.com:443", "meet:8443": "meet:8443", "[::1]": "[::1]:443", "[::1]:5": "[::1]:5",
		" ::1": "[::1]:443",
	} {
		if got := serverKey(server); got != want {
			t.Errorf("%q → %q, want %q", server, got, want)
		}
	}
}

func TestDrawingIsChosenByRenderer(t *testing.T) {
	for _, c := range []struct {
		choice, renderer string
		want             widget.Drawing
	}{
		{DrawAuto, "llvmpipe (LLVM 15.0.6, 256 bits)", widget.ByImage}, {DrawAuto, "", widget.ByImage},
		{DrawAuto, "GDI Generic", widget.ByImage}, {DrawAuto, "Mesa Intel(R) UHD Graphics 620", widget.ByShader},
		{"", "NVIDIA GeForce RTX 3060/PCIe/SSE2", widget.ByShader},
		{DrawShader, "llvmpipe", widget.ByShader}, {DrawImage, "NVIDIA", widget.ByImage},
	} {
		if got := drawingFor(c.choice, c.renderer); got != c.want {
			t.Errorf("%q on %q draws %d", c.choice, c.renderer, got)
		}
	}
}

func TestRingtoneRingsAndRests(t *testing.T) {
	r := &ringtone{volume: 1}
	loud, quiet := 0, 0
	pcm := make([]int16, 2*480)
	for i := range 300 {
		r.Read(pcm)
		peak := int16(0)
		for _, v := range pcm {
			peak = max(peak, v)
		}
		switch {
		case i < 100 && peak > 1000:
			loud++
		case i >= 100 && peak == 0:
			quiet++
		}
	}
	if loud < 95 || quiet != 200 {
		t.Errorf("%d loud periods of 100, %d quiet of 200", loud, quiet)
	}
}

func TestSignInWithoutTheTickIsForgotten(t *testing.T) {
	secrets := memory{}
	s := openTestStore(t, "", secrets)
	for _, form := range []views.SignIn{
		{Server: "meet", Name: "Ann", User: "1001", Password: "secret", Remember: true}, {Server: "meet", Name: "Bob", User: "1002"},
	} {
		if err := s.SignedIn(t.Context(), form); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Remembered(t.Context()); got.Name != "" || got.User != "" || len(secrets) != 0 {
		t.Errorf("kept %+v, keyring %v", got, secrets)
	}
}
