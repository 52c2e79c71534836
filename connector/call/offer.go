package call

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Quality of the receive-only session.
type Quality string

// The qualities.
const (
	QualityLow    Quality = "low"
	QualityMedium Quality = "medium"
	QualityHigh   Quality = "high"
	QualityAuto   Quality = "auto"
)

// Effective quality: auto means high.
func (q Quality) Effective() Quality {
	if q == QualityAuto || q == "" {
		return QualityHigh
	}
	return q
}

// OfferTarget is where a spectator's offer goes (protocol.md, "HTTP").
type OfferTarget struct {
	Server     string // host[:port][/base]
	Plain      bool   // http instead of https
	Conference string
	Quality    Quality // effective
	AudioID    string
	Token      string // secret
}

// maxAnswer bounds the answer, bytes.
const maxAnswer = 1 << 20

// StatusError is an answer that is not 2xx.
type StatusError struct{ Code int }

func (e *StatusError) Error() string { return fmt.Sprintf("sendOffer failed with status %d", e.Code) }

// ErrAnswer is an answer that is none.
var ErrAnswer = errors.New("sendOffer: the answer holds no description")

type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

// PostOffer posts an offer and returns the answer.
func PostOffer(ctx context.Context, client *http.Client, target OfferTarget, offer string) (answer string, err error) {
	body, err := json.Marshal(description{"offer", offer})
	if err != nil {
		return "", err
	}
	scheme := "https://"
	if target.Plain {
		scheme = "http://"
	}
	address := scheme + strings.TrimSuffix(target.Server, "/") + "/api/v2/rtp2webrtc/offer/" +
		url.PathEscape(target.Conference) + "?quality=" + url.QueryEscape(string(target.Quality)) + "&audio=" +
		url.QueryEscape(target.AudioID)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+target.Token)
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return "", &StatusError{response.StatusCode}
	}
	var d description
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(&d); err != nil {
		return "", errors.Join(ErrAnswer, err)
	}
	if d.SDP == "" {
		return "", ErrAnswer
	}
	return d.SDP, nil
}
