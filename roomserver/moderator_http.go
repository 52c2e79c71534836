package roomserver

import (
	"context"
	"encoding/json"
	"errors"
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

// request is the body of POST /command.
type request struct {
	Command    string         `json:"command"`
	Who        string         `json:"who"`
	Room       string         `json:"room"`
	Forced     bool           `json:"forced"`
	Resolution string         `json:"resolution"`
	Licence    string         `json:"licence"`
	Notify     map[string]any `json:"notify"`
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

func (s *Server) command(w http.ResponseWriter, r *http.Request) {
	var c request
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	if err := s.carryOut(c); err != nil {
		reply(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		return
	}
	reply(w, http.StatusOK, map[string]bool{"done": true})
}

// Commands lists what POST /command understands.
var Commands = []string{
	"mute", "unmute", "camera-off", "camera-on", "camera-pause", "camera-resume", "camera-limit", "licence", "notify",
	"end-call", "end-room", "stop-presentation", "drop-socket", "silence-socket",
}

func (s *Server) carryOut(c request) error {
	m := s.Moderate()
	switch c.Command {
	case "mute":
		return m.Microphone(c.Who, false, c.Forced)
	case "unmute":
		return m.Microphone(c.Who, true, c.Forced)
	case "camera-off":
		return m.Camera(c.Who, false, c.Forced)
	case "camera-on":
		return m.Camera(c.Who, true, c.Forced)
	case "camera-pause":
		return m.PauseCamera(c.Who)
	case "camera-resume":
		return m.ResumeCamera(c.Who)
	case "camera-limit":
		return m.LimitCamera(c.Who, c.Resolution)
	case "licence":
		return m.Licence(c.Who, c.Licence)
	case "notify":
		return m.Notify(c.Who, c.Notify)
	case "end-call":
		return m.EndCall(c.Who)
	case "end-room":
		return m.EndRoom(c.Room)
	case "stop-presentation":
		return m.StopPresentation(c.Room)
	case "drop-socket":
		return m.DropSocket(c.Who)
	case "silence-socket":
		return m.SilenceSocket(c.Who)
	}
	return errors.New("unknown command " + c.Command)
}

func reply(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(value)
}
