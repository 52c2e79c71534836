// Package scenarios plays whole scenarios through within one process: the real connector (SIP over WebSocket, media with
// real codecs) against the real room server on the loopback interface, in real time. Pictures are recognised after
// decoding: every sender's test picture has colours of its own and carries the moment it was made.
package scenarios

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/roomserver"
)

// patience bounds every wait: what has not happened by then will not. On an idle machine nothing takes a tenth of it.
const patience = 45 * time.Second

// The accounts of every server, and the room that the tests call.
const (
	ann, ben, cleo = "ann", "ben", "cleo"
	hall           = "2101"
)

func secretOf(user string) string { return "secret of " + user }

// stage is a room server with its event log.
type stage struct {
	t      *testing.T
	ctx    context.Context
	server *roomserver.Server
	log    *record
}

// newStage starts a room server. When the test has ended nothing that it began may still run.
func newStage(t *testing.T, change func(*roomserver.Config)) *stage {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // runs last
	s := &stage{t: t, log: newRecord()}
	var cancel context.CancelFunc
	s.ctx, cancel = context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	config := roomserver.Config{Listen: "127.0.0.1:0", Loopback: true, Codec: "VP8", Users: map[string]string{}, Events: func(e roomserver.Event) {
		s.log.add(e.Name, e.Data)
	}}
	for _, user := range []string{ann, ben, cleo} {
		config.Users[user] = secretOf(user)
	}
	if change != nil {
		change(&config)
	}
	var err error
	if s.server, err = roomserver.New(config); err != nil {
		t.Fatal(err)
	}
	if err := s.server.Start(s.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closing, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.server.Close(closing); err != nil {
			t.Errorf("close the room server: %v", err)
		}
		if t.Failed() {
			t.Logf("the room server's events:\n%s", s.log.story())
		}
	})
	return s
}

// tls trusts the server's certificate and no other.
func (s *stage) tls() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(s.server.Certificate())
	return &tls.Config{RootCAs: roots}
}

// tell gives the server a command as people do on its console (docs/testing-by-hand.md).
func (s *stage) tell(command string) {
	s.t.Helper()
	if said := s.ask(command); said != "done\n" {
		s.t.Fatalf("%s: %s", command, said)
	}
}

func (s *stage) ask(command string) string {
	s.t.Helper()
	var out bytes.Buffer
	if err := s.server.Console(s.ctx, strings.NewReader(command+"\n"), &out); err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

// until waits for an event of the server after mark whose data satisfy ok (nil: any).
func (s *stage) until(mark int, name string, ok func(data map[string]any) bool) map[string]any {
	s.t.Helper()
	entry, err := s.log.until(s.ctx, mark, name, func(data any) bool {
		fields, _ := data.(map[string]any)
		return ok == nil || ok(fields)
	})
	if err != nil {
		s.t.Fatalf("the room server: %v", err)
	}
	fields, _ := entry.data.(map[string]any)
	return fields
}

// of tells whether an event is about a user's participant.
func of(user string) func(map[string]any) bool {
	return func(data map[string]any) bool {
		id, _ := data["participant"].(string)
		name, _ := data["user"].(string)
		return name == user || strings.HasPrefix(id, user+"-")
	}
}

// participant of a user in the server's list; there must be one.
func (s *stage) participant(user string) roomserver.ParticipantInfo {
	s.t.Helper()
	for _, p := range s.server.Moderate().List() {
		if p.User == user {
			return p
		}
	}
	s.t.Fatalf("%s is in no room", user)
	return roomserver.ParticipantInfo{}
}
