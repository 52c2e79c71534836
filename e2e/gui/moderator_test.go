package gui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
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
