package roomserver

import (
	"os"
	"path/filepath"
	"testing"
)

// Whoever trusted a server's fingerprint finds the same one at its next start, on another port, too.
func TestTheCertificateIsKeptBetweenStarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "room.pem")
	start := func(listen, path string) string {
		t.Helper()
		s, err := New(Config{Listen: listen, KeptCert: path})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		return s.Fingerprint()
	}
	first := start("127.0.0.1:0", path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	for _, listen := range []string{"127.0.0.1:0", "localhost:0", ":0", "0.0.0.0:0"} {
		if got := start(listen, path); got != first {
			t.Errorf("on %s it is %s, was %s", listen, got, first)
		}
	}
	if start("127.0.0.1:0", "") == first {
		t.Error("a server that keeps none has the same")
	}
	other := start("192.0.2.7:0", path) // nobody would take the old one there
	if other == first || start("192.0.2.7:0", path) != other {
		t.Error("a certificate for another host was not made, or not kept")
	}
	if err := os.WriteFile(path, []byte("cut sho"), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := start("127.0.0.1:0", path); again == other || start("127.0.0.1:0", path) != again {
		t.Error("a damaged file is not made anew, or not kept")
	}
}

// Where nothing can be kept, the server runs all the same.
func TestACertificateThatCannotBeKeptIsNoHindrance(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Listen: "127.0.0.1:0", KeptCert: filepath.Join(file, "room.pem")})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
