// Package discovery asks a server for its own parameters before anything else: GET /api/v1/address (spec protocol,
// "HTTP").
package discovery

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/connector/rtc"
)

// Limits on what a hostile server can make us read and keep.
const (
	maxBody    = 64 << 10 // bytes
	maxText    = 255      // of an address
	maxServers = 16
	maxURLs    = 16 // of one ICE server
	timeout    = 10 * time.Second
)

// Address is what a server says of itself.
type Address struct {
	// SIPServerIP is the domain of the SIP URIs, SIPServerURL the host[:port] of the WebSocket.
	SIPServerIP, SIPServerURL string
	RemoteAddress             string // ours, as the server sees it; empty when not told
	Unified                   bool
	ICEServers                []rtc.ICEServer
	// Told is false when the server has no such endpoint: then the host name serves as the domain.
	Told bool
}

// Step names the part of the way that failed.
type Step string

// The steps, in order.
const (
	StepAddress Step = "the server's address"
	StepDNS     Step = "looking up the host name"
	StepConnect Step = "reaching the host"
	StepTLS     Step = "checking the certificate"
	StepHTTP    Step = "asking for the server's parameters"
	StepAnswer  Step = "reading the server's parameters"
)

// Error is a failed step.
type Error struct {
	Step Step
	Err  error
}

func (e *Error) Error() string { return string(e.Step) + " failed: " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Fetch asks server (host[:port]); plain asks by http instead of https. A nil client is http.DefaultClient. A server
// without the endpoint is no error. The error is an *Error that names the step that failed.
func Fetch(ctx context.Context, client *http.Client, server string, plain bool) (Address, error) {
	host, err := checkServer(server)
	if err != nil {
		return Address{}, &Error{StepAddress, err}
	}
	if client == nil {
		client = http.DefaultClient
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	scheme := "https"
	if plain {
		scheme = "http"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+server+"/api/v1/address", nil)
	if err != nil {
		return Address{}, &Error{StepAddress, err}
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return Address{}, &Error{stepOf(err), err}
	}
	defer response.Body.Close()
	fallback := Address{SIPServerIP: host, SIPServerURL: server}
	switch {
	case response.StatusCode == http.StatusOK:
	case response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests:
		return Address{}, &Error{StepHTTP, fmt.Errorf("the server answered %s", response.Status)}
	default: // 404 from a SIP server's own little HTTP server, 426 because it wants a WebSocket
		return fallback, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err != nil {
		return Address{}, &Error{StepAnswer, err}
	}
	if !strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
		return fallback, nil // a web page: the endpoint is not there
	}
	address, err := parse(body)
	if err != nil {
		return Address{}, &Error{StepAnswer, err}
	}
	address.SIPServerURL = server
	return address, nil
}

// checkServer takes host[:port] and nothing else; it returns the host.
func checkServer(server string) (string, error) {
	u, err := url.Parse("https://" + server)
	if err != nil {
		return "", err
	}
	if u.Host != server || u.Hostname() == "" || len(server) > maxText {
		return "", errors.New("not a host name or host:port")
	}
	return u.Hostname(), nil
}

// stepOf finds the step in a transport error.
func stepOf(err error) Step {
	var (
		dns         *net.DNSError
		verify      *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		operational *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return StepDNS
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert):
		return StepTLS
	case errors.As(err, &operational):
		return StepConnect
	}
	return StepHTTP
}

func parse(body []byte) (Address, error) {
	if len(body) > maxBody {
		return Address{}, errors.New("the answer is too long")
	}
	var answer struct {
		IP            string          `json:"ip"`
		RemoteAddress string          `json:"remoteAddress"`
		Unified       json.RawMessage `json:"unified"`
		ICEServers    json.RawMessage `json:"iceServers"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return Address{}, errors.New("the answer is not what is expected: " + err.Error())
	}
	if !domain(answer.IP) {
		return Address{}, errors.New("the answer names no usable address (ip)")
	}
	address := Address{Told: true, SIPServerIP: answer.IP, Unified: string(answer.Unified) == "true"}
	if domain(answer.RemoteAddress) {
		address.RemoteAddress = answer.RemoteAddress
	}
	address.ICEServers = iceServers(answer.ICEServers)
	if address.ICEServers == nil {
		address.ICEServers = []rtc.ICEServer{{URLs: []string{"stun:" + bracketed(answer.IP) + ":3478"}}}
	}
	return address, nil
}

func bracketed(host string) string {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		return "[" + host + "]"
	}
	return host
}

// domain tells whether a text can stand in a SIP URI and a header line.
func domain(text string) bool {
	if text == "" || len(text) > maxText {
		return false
	}
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune(".-_:[]", r):
		default:
			return false
		}
	}
	return true
}

// iceServers reads W3C RTCIceServer dictionaries; nil when there is none that can be used.
func iceServers(raw json.RawMessage) []rtc.ICEServer {
	var entries []struct {
		URLs       json.RawMessage `json:"urls"`
		URL        string          `json:"url"`
		Username   string          `json:"username"`
		Credential string          `json:"credential"`
	}
	if json.Unmarshal(raw, &entries) != nil || entries == nil {
		return nil
	}
	if len(entries) == 0 { // the server says that none is needed; asking a guessed one would only cost time
		return []rtc.ICEServer{}
	}
	var servers []rtc.ICEServer
	for _, entry := range entries {
		var urls []string
		var one string
		switch {
		case json.Unmarshal(entry.URLs, &urls) == nil && urls != nil:
		case json.Unmarshal(entry.URLs, &one) == nil && one != "":
			urls = []string{one}
		case entry.URL != "":
			urls = []string{entry.URL}
		}
		server := rtc.ICEServer{Username: entry.Username, Credential: entry.Credential}
		for _, u := range urls {
			if usable(u) && len(server.URLs) < maxURLs {
				server.URLs = append(server.URLs, u)
			}
		}
		if server.URLs != nil && len(servers) < maxServers {
			servers = append(servers, server)
		}
	}
	return servers
}

func usable(u string) bool {
	scheme, rest, ok := strings.Cut(u, ":")
	if !ok || rest == "" || len(u) > maxText {
		return false
	}
	switch strings.ToLower(scheme) {
	case "stun", "stuns", "turn", "turns":
		return true
	}
	return false
}
