package kamailio

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"
)

//go:embed kamailio.cfg.tmpl
var configuration string

// settings of a configuration.
type settings struct {
	Address, Domain  string
	WS, WSS          int // TCP ports; WS 0: no plain WebSocket
	Certificate, Key string
	Users            map[string]string
	Algorithm        string // of digest: MD5 or SHA-256
	GRUU             bool
	RefuseRoom       string // status code that INFO roomname gets; empty: it is passed on
	Test             bool   // say when it is ready
}

func (s settings) render() (string, error) {
	parsed, err := template.New("kamailio.cfg").Parse(configuration)
	if err != nil {
		return "", err
	}
	var text bytes.Buffer
	err = parsed.Execute(&text, s)
	return text.String(), err
}

const (
	host     = "127.0.0.1"
	ours     = "1001"
	theirs   = "1002"
	third    = "1003"
	offline  = "1004"
	nobody   = "5555"
	password = "secret of " // and the user
)

// server is a running Kamailio.
type server struct {
	settings
	command *exec.Cmd
	drained chan struct{}
	log     log
}

// start starts Kamailio; change may alter the settings.
func start(ctx context.Context, t *testing.T, change func(*settings)) *server {
	t.Helper()
	program, err := exec.LookPath("kamailio")
	if err != nil {
		t.Skip("kamailio is not installed (Debian: kamailio kamailio-websocket-modules kamailio-tls-modules)")
	}
	folder := t.TempDir()
	s := &server{settings: settings{
		Address: host, Domain: host, Algorithm: "MD5", Test: true, Users: map[string]string{},
		Certificate: filepath.Join(folder, "certificate.pem"), Key: filepath.Join(folder, "key.pem"),
	}}
	for _, user := range []string{ours, theirs, third, offline} {
		s.Users[user] = password + user
	}
	if change != nil {
		change(&s.settings)
	}
	if err := certify(s.Certificate, s.Key); err != nil {
		t.Fatal(err)
	}
	// A port that was free a moment ago may be taken by the time Kamailio asks for it: then others are tried.
	for try := range 3 {
		if err = s.launch(ctx, program, folder); err == nil || !strings.Contains(err.Error(), "Address already in use") {
			break
		}
		t.Logf("start %d: %v", try+1, err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			t.Logf("kamailio said:\n%s", s.log.story())
		}
	})
	return s
}

func (s *server) launch(ctx context.Context, program, folder string) error {
	var err error
	if s.WS, s.WSS, err = freePorts(); err != nil {
		return err
	}
	text, err := s.render()
	if err != nil {
		return err
	}
	path := filepath.Join(folder, "kamailio.cfg")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	// In the foreground, log to standard error, little memory, its runtime files in our folder.
	s.command = exec.Command(program, "-f", path, "-DD", "-E", "-e", "-m", "32", "-M", "4", "-Y", folder, "-w", folder)
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its workers end with it
	stderr, err := s.command.StderrPipe()
	if err != nil {
		return err
	}
	if err := s.command.Start(); err != nil {
		return err
	}
	s.drained = make(chan struct{})
	go func() {
		defer close(s.drained)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			s.log.add(lines.Text())
		}
		s.log.end()
	}()
	if err := s.log.until(ctx, "ready"); err != nil {
		story := s.log.story()
		s.stop()
		s.log = log{}
		return fmt.Errorf("kamailio: %w\n%s", err, story)
	}
	return nil
}

func (s *server) stop() {
	syscall.Kill(s.command.Process.Pid, syscall.SIGTERM)
	select {
	case <-s.drained: // all of its processes have closed standard error
	case <-time.After(3 * time.Second):
	}
	syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL)
	<-s.drained
	s.command.Wait() // killed or not: it is gone
}

// secure is host:port of wss, plain of ws.
func (s *server) secure() string { return fmt.Sprintf("%s:%d", s.Address, s.WSS) }
func (s *server) plain() string  { return fmt.Sprintf("%s:%d", s.Address, s.WS) }

func freePorts() (int, int, error) {
	first, err := net.Listen("tcp", host+":0")
	if err != nil {
		return 0, 0, err
	}
	defer first.Close()
	second, err := net.Listen("tcp", host+":0")
	if err != nil {
		return 0, 0, err
	}
	defer second.Close()
	return first.Addr().(*net.TCPAddr).Port, second.Addr().(*net.TCPAddr).Port, nil
}

// certify writes a self-signed certificate for the loopback address.
func certify(certificate, key string) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	wanted := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Parley test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(host)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, &wanted, &wanted, &private.PublicKey, private)
	if err != nil {
		return err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), 0o600))
}

// log keeps lines and wakes who waits for one.
type log struct {
	mu      sync.Mutex
	lines   []string
	over    bool
	changed chan struct{} // nil or closed at the next change
}

// logLimit bounds what is kept.
const logLimit = 5000

func (l *log) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.lines) < logLimit {
		l.lines = append(l.lines, line)
	}
	l.wake()
}

func (l *log) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	l.wake()
}

func (l *log) wake() {
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

func (l *log) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counted(text)
}

func (l *log) counted(text string) (count int) {
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			count++
		}
	}
	return count
}

// until waits for a line with text in it, one that has come already included.
func (l *log) until(ctx context.Context, text string) error { return l.untilCount(ctx, text, 1) }

func (l *log) untilCount(ctx context.Context, text string, count int) error {
	for {
		l.mu.Lock()
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		found, over, changed := l.counted(text) >= count, l.over, l.changed
		l.mu.Unlock()
		switch {
		case found:
			return nil
		case over:
			return fmt.Errorf("wait for %q: the log ended", text)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %q: %w", text, ctx.Err())
		}
	}
}

func (l *log) story() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
