package roomserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"time"
)

// moderator serves the moderator's commands over HTTP. It asks for no password, so it takes loopback addresses only.
type moderator struct {
	listener net.Listener
	server   *http.Server
	done     chan struct{}
}

func (s *Server) startModerator(ctx context.Context) (*moderator, error) {
	host, _, err := net.SplitHostPort(s.c.Moderator)
	if err != nil {
		return nil, fmt.Errorf("%w: moderator address: %w", ErrConfig, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%w: the moderator's address must be a loopback one, not %q", ErrConfig, host)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.c.Moderator)
	if err != nil {
		return nil, fmt.Errorf("moderator: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /participants", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, s.Moderate().List())
	})
	mux.HandleFunc("GET /commands", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, described())
	})
	mux.HandleFunc("POST /command", s.command)
	m := &moderator{listener: listener, done: make(chan struct{})}
	m.server = &http.Server{Handler: sameOrigin(mux), ReadTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	go func() {
		defer close(m.done)
		_ = m.server.Serve(listener) // ends with close
	}()
	return m, nil
}

// sameOrigin refuses what web pages send: on a developer's machine any page could reach a loopback port.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		ip := net.ParseIP(host)
		if r.Header.Get("Origin") != "" || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "not for web pages", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ModeratorAddr is where the moderator's API listens, empty without.
func (s *Server) ModeratorAddr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.moderator == nil {
		return ""
	}
	return s.moderator.listener.Addr().String()
}

func (m *moderator) close() {
	_ = m.server.Close()
	<-m.done
}

// described is the list of commands for GET /commands.
func described() []map[string]any {
	var list []map[string]any
	for _, c := range Commands() {
		list = append(list, map[string]any{
			"command": c.Name, "usage": c.Usage(), "arguments": append([]string{}, c.Arguments...), "server": c.Does,
			"client": c.Client,
		})
	}
	return list
}

func (s *Server) command(w http.ResponseWriter, r *http.Request) {
	var o Order
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	result, err := s.Moderate().Do(o)
	if err != nil {
		reply(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		return
	}
	answer := map[string]any{"done": true}
	if result != nil {
		answer["result"] = result
	}
	reply(w, http.StatusOK, answer)
}

func reply(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(value)
}
