package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"parley/roomserver"
)

// user of the room server, and the room in which a bot sends a moving picture.
const (
	user, secret = "1001", "bench"
	conference   = roomserver.DefaultBotRoom
)

// announcement is what the room server's process tells on its first line.
type announcement struct {
	Address     string
	Certificate string // PEM
}

// serveRoom runs a room server until its standard input ends: it ends with the process that started it.
func serveRoom(ctx context.Context) error {
	s, err := roomserver.New(roomserver.Config{Listen: "127.0.0.1:0", Loopback: true, Users: map[string]string{user: secret},
		Bots: 1, BotRoom: conference, Codec: "VP8"})
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := json.NewEncoder(os.Stdout).Encode(announcement{s.Addr(), string(certificate)}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return s.Close(ctx)
}

// roomProcess is a room server in a process of its own, so that what the client uses can be told from it.
type roomProcess struct {
	cmd     *exec.Cmd
	input   io.Closer
	address string
	tls     *tls.Config
}

func startRoom(ctx context.Context) (*roomProcess, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "room")
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &roomProcess{cmd: cmd, input: input}
	line, err := bufio.NewReader(output).ReadBytes('\n')
	var told announcement
	if err == nil {
		err = json.Unmarshal(line, &told)
	}
	roots := x509.NewCertPool()
	if err == nil && !roots.AppendCertsFromPEM([]byte(told.Certificate)) {
		err = errors.New("no certificate")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("room server: %w", err), p.stop())
	}
	p.address, p.tls = told.Address, &tls.Config{RootCAs: roots}
	return p, nil
}

func (p *roomProcess) stop() error {
	_ = p.input.Close()
	return p.cmd.Wait()
}
