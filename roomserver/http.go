package roomserver

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"

	"parley/connector/sip/websocket"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/address", s.address)
	mux.HandleFunc("POST /api/v2/rtp2webrtc/offer/{conference}", s.offer)
	mux.HandleFunc("OPTIONS /api/v2/rtp2webrtc/offer/{conference}", s.offerPreflight)
	mux.HandleFunc("GET /webrtc/wss/", s.socket)
	mux.HandleFunc("GET /webrtc/wss", s.socket)
	return mux
}

// address tells a client how to build SIP addresses and which ICE servers to use. There are none: the list is empty on
// purpose, since a client without a list asks stun:{ip}:3478, which would only delay its calls here.
func (s *Server) address(w http.ResponseWriter, r *http.Request) {
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{ // a client that went away needs no answer
		"ip": hostOf(r.Host), "remoteAddress": remote, "unified": true, "iceServers": []any{},
	})
}

// hostOf is a Host header without its port, as a SIP URI needs it: IPv6 addresses keep their brackets.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func (s *Server) socket(w http.ResponseWriter, r *http.Request) {
	ping := s.c.PingInterval
	if ping < 0 {
		ping = 0
	}
	conn, err := websocket.Accept(w, r, websocket.Options{PingInterval: ping, Origins: s.c.Origins})
	if err != nil {
		s.c.Logger.Info("WebSocket refused", "address", r.RemoteAddr, "error", err)
		return
	}
	core := s.current()
	err = core.exchange.Serve(core.sockets, conn, r.Host, silencer(r.Context()))
	var closed *websocket.CloseError
	if err != nil && !errors.As(err, &closed) {
		s.c.Logger.Info("WebSocket ended", "address", r.RemoteAddr, "error", err)
	}
}
