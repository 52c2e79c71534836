package roomserver

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strings"

	"parley/roomserver/room"
)

// maxOffer bounds the body of an offer, bytes: five m-lines of a browser take some twenty thousand.
const maxOffer = 256 << 10

// sessionDescription is the body of an offer and of its answer.
type sessionDescription struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

// offer answers a spectator's offer for a receive-only session (protocol, "HTTP").
func (s *Server) offer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*") // the token is no cookie: no page has it that was not given it
	w.Header().Set("Cache-Control", "no-store")
	token, ok := bearer(r)
	if !ok {
		refuse(w, room.ErrToken)
		return
	}
	offer, err := readOffer(w, r)
	if err != nil {
		refuse(w, err)
		return
	}
	query := r.URL.Query()
	rooms := s.current().rooms
	answer, err := rooms.Watch(r.Context(), room.Watch{
		Conference: r.PathValue("conference"), Token: token, Quality: room.Quality(strings.ToLower(query.Get("quality"))),
		Audio: query.Get("audio"), Offer: offer,
	})
	if err != nil {
		s.c.Logger.Info("offer refused", "address", r.RemoteAddr, "conference", r.PathValue("conference"), "error", err)
		refuse(w, err)
		return
	}
	reply(w, http.StatusOK, sessionDescription{"answer", answer})
}

// offerPreflight lets web pages of other origins send offers.
func (s *Server) offerPreflight(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Methods", "POST")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// bearer reads the token of RFC 6750 2.1.
func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != ""
}

var (
	errBody      = errors.New(`the body must be {"type": "offer", "sdp": "…"}`)
	errMediaType = errors.New("the body must be application/json")
)

func readOffer(w http.ResponseWriter, r *http.Request) (string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return "", errMediaType
	}
	var d sessionDescription
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxOffer)).Decode(&d); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return "", err
		}
		return "", errBody
	}
	if d.Type != "offer" || d.SDP == "" {
		return "", errBody
	}
	return d.SDP, nil
}

// refuse answers an offer with what is wrong with it.
func refuse(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	var onPurpose *room.RefusedError
	code := http.StatusInternalServerError
	switch {
	case errors.As(err, &onPurpose):
		code = onPurpose.Code
	case errors.Is(err, room.ErrToken):
		code = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`) // RFC 6750 3
	case errors.Is(err, room.ErrForbidden), errors.Is(err, room.ErrNotSpectator):
		code = http.StatusForbidden
	case errors.Is(err, room.ErrNobody), errors.Is(err, room.ErrAudio):
		code = http.StatusNotFound
	case errors.Is(err, errBody), errors.Is(err, room.ErrQuality), errors.Is(err, room.ErrOffer):
		code = http.StatusBadRequest
	case errors.Is(err, errMediaType):
		code = http.StatusUnsupportedMediaType
	case errors.As(err, &tooLarge):
		code = http.StatusRequestEntityTooLarge
	case errors.Is(err, room.ErrClosing):
		code = http.StatusServiceUnavailable
	}
	if code == http.StatusInternalServerError && onPurpose == nil {
		err = errors.New("internal error") // the log says which
	}
	reply(w, code, map[string]string{"error": err.Error()})
}
