package connection_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/connector/connection"
	"parley/connector/signal"
)

// What a person is told of a failure, by its kind.
func TestFacts(t *testing.T) {
	lost := &connection.DisconnectError{Disconnect: signal.Disconnect{Code: 1006, Reason: "no pong"}}
	for _, c := range []struct {
		err     error
		trouble connection.Trouble
		text    string
	}{
		{nil, connection.TroubleServer, "Unknown error"},
		{errors.New("odd"), connection.TroubleServer, "odd"},
		{fmt.Errorf("connect: %w", &signal.ResponseError{Method: "REGISTER", StatusCode: 401}), connection.TroubleCredentials, "REGISTER"},
		{&signal.ResponseError{Method: "REGISTER", StatusCode: 403}, connection.TroubleCredentials, "403"},
		{&signal.ResponseError{Method: "INVITE", StatusCode: 404, Cause: signal.CauseNotFound}, connection.TroubleNotFound, "404"},
		{&signal.ResponseError{Method: "INVITE", StatusCode: 488, Cause: signal.CauseBadMediaDescription}, connection.TroubleMedia, "488"},
		{fmt.Errorf("connect: %w", lost), connection.TroubleSocket, "connection lost: no pong"},
		{&connection.DisconnectError{}, connection.TroubleSocket, "connection lost"},
		{&connection.DisconnectError{Disconnect: signal.Disconnect{Err: errors.New("reset")}}, connection.TroubleSocket, "reset"},
	} {
		facts := connection.FactsOf(c.err)
		if got := connection.Classify(facts); got != c.trouble || !strings.Contains(facts.Message, c.text) {
			t.Errorf("%v: %s, %q", c.err, got, facts.Message)
		}
	}
}

// A configuration that is written to a log shows no secret.
func TestConfigurationHidesCredentials(t *testing.T) {
	raw, err := json.Marshal(&connection.Configuration{User: "1001",
		ICEServers: connection.ICEServers{{URLs: []string{"turn:t.example"}, Username: "u", Credential: "secret"}}})
	if err != nil || strings.Contains(string(raw), "secret") || !strings.Contains(string(raw), "turn:t.example") {
		t.Errorf("%s, %v", raw, err)
	}
}
