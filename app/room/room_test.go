package room

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/app/cli"
	"parley/app/problem"
	"parley/roomserver"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "parley-room-")
	if err == nil {
		err = os.Setenv("PARLEY_CONFIG", folder) // the certificates of the tests are not this user's
	}
	if err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}))
}

// A certificate that was not given is kept beside the settings; one that was given is used.
func TestWhereTheCertificateComesFrom(t *testing.T) {
	made := serverConfig(parse(t, "room"), time.Now(), nil, slog.New(slog.DiscardHandler))
	if made.KeptCert != filepath.Join(os.Getenv("PARLEY_CONFIG"), "room.pem") || made.CertFile != "" {
		t.Errorf("kept in %q, given %q", made.KeptCert, made.CertFile)
	}
	given := serverConfig(parse(t, "room --cert a.pem --key a.key"), time.Now(), nil, slog.New(slog.DiscardHandler))
	if given.CertFile != "a.pem" || given.KeyFile != "a.key" {
		t.Errorf("given %q and %q", given.CertFile, given.KeyFile)
	}
}

func parse(t *testing.T, line string) cli.Room {
	t.Helper()
	parsed, err := cli.Parse(strings.Fields(line), "", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return *parsed.Command.(*cli.Room)
}

func TestTheReadyLineComesWhenTheServerListens(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, parse(t, "room --listen 127.0.0.1:0"), writer, slog.New(slog.DiscardHandler))
	}()
	line := make([]byte, 200)
	n, err := reader.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	address, ok := bytes.CutPrefix(bytes.TrimSpace(line[:n]), []byte("ready wss://"))
	address, path := bytes.CutSuffix(address, []byte("/webrtc/wss/"))
	if !ok || !path {
		t.Fatalf("ready line: %q", line[:n])
	}
	conn, err := net.DialTimeout("tcp", string(address), 5*time.Second)
	if err != nil {
		t.Errorf("nothing listens: %v", err)
	} else {
		conn.Close()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
}

func TestATakenPortIsSaidClearly(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = Run(t.Context(), parse(t, "room --listen "+taken.Addr().String()), io.Discard, slog.New(slog.DiscardHandler))
	var p *problem.Problem
	if !errors.As(err, &p) || !strings.Contains(p.Why, "in use") || p.Fix == "" {
		t.Errorf("got %v", err)
	}
}

func TestAMissingCertificateIsSaidClearly(t *testing.T) {
	o := parse(t, "room --listen 127.0.0.1:0 --cert /does/not/exist.pem --key /does/not/exist.key")
	err := Run(t.Context(), o, io.Discard, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "/does/not/exist.pem") {
		t.Errorf("got %v", err)
	}
}

// `parley room --help` names every command of the server, and every fault.
func TestHelpNamesEveryCommand(t *testing.T) {
	var said strings.Builder
	if _, err := cli.Parse([]string{"room", "--help"}, "", &said); !errors.Is(err, cli.ErrHelp) {
		t.Fatal(err)
	}
	words := strings.FieldsFunc(said.String(), func(r rune) bool { return strings.ContainsRune(" \n\t,.", r) })
	for _, command := range roomserver.Commands() {
		if !slices.Contains(words, command.Name) {
			t.Errorf("the help does not name %s:\n%s", command.Name, said.String())
		}
	}
}
