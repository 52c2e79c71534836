package gui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"
)

// freePort is an address that nobody listens on.
func (s *session) freePort() string {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	defer listener.Close()
	return listener.Addr().String()
}

// order gives the room server a moderator's command; arguments are pairs of name and value.
func (s *session) order(command string, arguments ...any) {
	s.t.Helper()
	body := map[string]any{"command": command}
	for i := 0; i+1 < len(arguments); i += 2 {
		body[fmt.Sprint(arguments[i])] = arguments[i+1]
	}
	encoded, err := json.Marshal(body)
	s.must(err)
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, "http://"+s.moderator+"/command", bytes.NewReader(encoded))
	s.must(err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	s.must(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	s.must(err)
	if response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %v: %s %s", command, arguments, response.Status, answer)
	}
}

// participant is what the room server knows of somebody in a room.
type participant struct {
	User, Room         string
	Microphone, Camera bool
}

// onServer waits until the server knows what is expected of the user 1001.
func (s *session) onServer(what string, expected func(participant) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	var list []participant
	for {
		list = s.participants(ctx)
		if slices.ContainsFunc(list, func(p participant) bool { return p.User == "1001" && expected(p) }) {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("the server does not know %s: %+v", what, list)
		case <-time.After(lookAgain): // mediastate has no event of its own
		}
	}
}

func (s *session) participants(ctx context.Context) []participant {
	s.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.moderator+"/participants", nil)
	s.must(err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	s.must(err)
	defer response.Body.Close()
	var lines []struct {
		User, Room string
		State      struct{ Microphone, Camera bool }
	}
	s.must(json.NewDecoder(response.Body).Decode(&lines))
	var list []participant
	for _, l := range lines {
		list = append(list, participant{l.User, l.Room, l.State.Microphone, l.State.Camera})
	}
	return list
}
