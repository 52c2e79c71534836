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
	"time"

	"parley/views"
	"parley/views/widget"
)

func TestStoreKeepsBetweenRuns(t *testing.T) {
	folder := t.TempDir()
	s, err := OpenStore(folder)
	if err != nil {
		t.Fatal(err)
	}
	form := views.SignIn{Server: "Meet.Test", Name: "Ann", User: "1001", Password: "hidden-secret", Remember: true}
	if err := errors.Join(s.SignedIn(form), s.Trust("Meet.Test", "AA:BB"), s.AddCall(views.Recent{Number: "2001"})); err != nil {
		t.Fatal(err)
	}
	again, err := OpenStore(folder)
	if err != nil {
		t.Fatal(err)
	}
	k := again.read()
	if k.Name != "Ann" || k.User != "1001" || len(k.Calls) != 1 || again.Trusted("meet.test:443") != "AA:BB" {
		t.Errorf("kept %+v", k)
	}
	data, err := os.ReadFile(filepath.Join(folder, "window.json"))
	if err != nil || strings.Contains(string(data), "hidden-secret") {
		t.Errorf("the password is in the file, or %v", err)
	}
}

func TestStoreIsBounded(t *testing.T) {
	s, _ := OpenStore("")
	for i := range 200 {
		if err := s.AddCall(views.Recent{Number: "1", Length: time.Duration(i)}); err != nil {
			t.Fatal(err)
		}
		if err := s.SignedIn(views.SignIn{Server: strings.Repeat("x", i%20+1)}); err != nil {
			t.Fatal(err)
		}
	}
	if k := s.read(); len(k.Calls) != keptCalls || len(k.Servers) != keptServers || k.Calls[0].Length != 199 {
		t.Errorf("%d calls, %d servers", len(k.Calls), len(k.Servers))
	}
}

func TestDamagedStoreIsSetAside(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "window.json")
	if err := os.WriteFile(path, []byte(`{"version": 1, "settings": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(folder)
	if !errors.Is(err, ErrSetAside) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Error(err)
	}
	if err := s.AddCall(views.Recent{Number: "1"}); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, make([]byte, keptBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenStore(folder); err == nil {
		t.Error("a file of any size is read")
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
	r := &ringtone{}
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
	s, err := OpenStore("")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []views.SignIn{
		{Server: "meet", Name: "Ann", User: "1001", Remember: true}, {Server: "meet", Name: "Bob", User: "1002"},
	} {
		if err := s.SignedIn(form); err != nil {
			t.Fatal(err)
		}
	}
	if k := s.read(); k.Name != "" || k.User != "" {
		t.Errorf("kept %q, %q", k.Name, k.User)
	}
}
