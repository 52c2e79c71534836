package room

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"parley/media/pionlog"
)

// asked notes who asks for a logger.
type asked struct {
	logging.LoggerFactory
	scopes []string
}

func (a *asked) NewLogger(scope string) logging.LeveledLogger {
	a.scopes = append(a.scopes, scope)
	return a.LoggerFactory.NewLogger(scope)
}

// Every interceptor logs where the server does. One that is not told so writes to standard error.
func TestInterceptorsLogWithTheServer(t *testing.T) {
	loggers := &asked{LoggerFactory: pionlog.Loggers{Log: slog.New(slog.DiscardHandler)}}
	registry := &interceptor.Registry{}
	if err := configure(&webrtc.MediaEngine{}, registry, loggers); err != nil {
		t.Fatal(err)
	}
	chain, err := registry.Build("")
	if err != nil {
		t.Fatal(err)
	}
	defer chain.Close()
	for _, scope := range []string{"nack_generator", "nack_responder", "receiver_interceptor", "sender_interceptor", "twcc_sender_interceptor"} {
		if !slices.Contains(loggers.scopes, scope) {
			t.Errorf("%s logs elsewhere; asked for are %q", scope, loggers.scopes)
		}
	}
}
