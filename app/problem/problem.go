// Package problem turns errors into what a person can use: what failed, why, and what to do about it.
package problem

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"unicode"

	"parley/connector/call"
	"parley/connector/signal"
	"parley/media/codec"
	"parley/media/device"
)

// Problem is one clear message. It is an error, so that it can travel as one.
type Problem struct {
	What string `json:"what"`          // what failed: "could not call 2009"
	Why  string `json:"why"`           // "there is no such number"
	Fix  string `json:"fix,omitempty"` // what to do
	Err  error  `json:"-"`             // what it was made of
}

func (p *Problem) Error() string {
	text := p.What + ": " + p.Why + "."
	if p.Fix != "" {
		text += " " + p.Fix
	}
	return text
}

func (p *Problem) Unwrap() error { return p.Err }

// New explains err; what says what was being done ("could not call 2009"). An error that holds a Problem already keeps
// its own words. A nil err gives nil.
func New(what string, err error) *Problem {
	if err == nil {
		return nil
	}
	var known *Problem
	if errors.As(err, &known) {
		return known
	}
	why, fix := explain(err)
	return &Problem{What: what, Why: why, Fix: fix, Err: err}
}

// explain goes from the particular to the general: a certificate error, say, is inside an error of the network.
func explain(err error) (why, fix string) {
	for _, look := range []func(error) (string, string){ofCertificate, ofResponse, ofMedia, ofNetwork} {
		if why, fix = look(err); why != "" {
			return why, fix
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time", "Check that the server is running and reachable."
	case errors.Is(err, context.Canceled):
		return "interrupted", ""
	}
	return oneLine(err), ""
}

// oneLine is an error's text as part of a sentence: joined errors come one a line, and the first says most.
func oneLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimRight(text, ". ")
}

const trustFix = "If you know this server, give its certificate authority to the system, or for a test use --insecure-tls."

func ofCertificate(err error) (why, fix string) {
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &unknown):
		return "the server's certificate is not signed by an authority this machine trusts", trustFix
	case errors.As(err, &hostname):
		return fmt.Sprintf("the server's certificate is not for %q", hostname.Host),
			"Use the name that the certificate was made for."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate has expired or is not valid yet",
			"Check this machine's clock; if it is right, tell the server's administrator."
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "the server's certificate is not valid (" + err.Error() + ")", trustFix
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS on this port",
			"Check the port. If the server is meant to be used without TLS, which anyone in between can listen to, say --plain."
	}
	return "", ""
}

func ofResponse(err error) (why, fix string) {
	var response *signal.ResponseError
	var end *call.Error
	switch {
	case errors.As(err, &response):
		return ofEnd(response.Method, response.StatusCode, response.Reason, response.Cause)
	case errors.As(err, &end):
		if end.Err != nil { // a failure on this side: what caused it says more than "WebRTC Error"
			if why, fix = ofMedia(end.Err); why != "" {
				return why, fix
			}
		}
		return ofEnd("INVITE", end.StatusCode, end.Reason, end.Cause)
	}
	return "", ""
}

func ofEnd(method string, code int, reason string, cause signal.Cause) (why, fix string) {
	if method == "REGISTER" {
		switch code {
		case 401, 403, 407:
			return "the server refused user and password", "Check both; capital letters count."
		case 404:
			return "the server does not know this user", "Check the user number."
		}
	}
	if signal.Declined(cause, code) {
		return "the other side declined", ""
	}
	switch cause {
	case signal.CauseNotFound:
		return "there is no such number", "Check the number."
	case signal.CauseBusy:
		return "busy", "Try again later."
	case signal.CauseUnavailable:
		return "the other side cannot be reached now", "Try again later."
	case signal.CauseAuthentication:
		return "the server wants an account for this", "Sign in with --user and --password."
	case signal.CauseIncompatibleSDP, signal.CauseBadMediaDescription, signal.CauseMissingSDP:
		return "the two sides have no common codec", "Leave out --codec, or choose one that the other side has."
	case signal.CauseNoAnswer:
		return "nobody answered", "Try again later."
	case signal.CauseConnection:
		return "the connection to the server was lost", "Check the network and call again."
	case signal.CauseRTPTimeout:
		return "sound and picture stopped arriving", "Check the network and firewall for UDP, and call again."
	case signal.CauseRequestTimeout:
		return "the server did not answer", "Check that the server is running and reachable."
	}
	why = strings.TrimSpace(fmt.Sprintf("the server answered %d %s", code, reason))
	if code == 0 {
		why = strings.TrimSpace(fmt.Sprintf("%s %s", strings.ToLower(string(cause)), reason))
	}
	return why, ""
}

func ofMedia(err error) (why, fix string) {
	switch {
	case errors.Is(err, device.ErrNotFound):
		return oneLine(err),
			"Choose another device, or none: a call needs neither camera nor microphone."
	case errors.Is(err, device.ErrUnavailable):
		return oneLine(err),
			"Close what uses it, check permissions, or choose none."
	case errors.Is(err, codec.ErrUnsupported):
		return "the two sides have no common codec (" + err.Error() + ")",
			"Leave out --codec, or choose one that the other side has."
	}
	return "", ""
}

func ofNetwork(err error) (why, fix string) {
	var dns *net.DNSError
	var missing *os.PathError
	switch {
	case errors.As(err, &missing):
		return fmt.Sprintf("%s: %v", missing.Path, missing.Err), "Check the file's name and permissions."
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %q cannot be found", dns.Name), "Check the server's name and this machine's network."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens at that address", "Check that the server is running, and its address and port."
	case errors.Is(err, syscall.EADDRINUSE):
		return "the address is in use", "Choose another port (0 takes a free one), or end the program that uses it."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to that address", "Check this machine's network."
	case errors.Is(err, syscall.ECONNRESET):
		return "the server closed the connection", "Check that this is a Parley or SIP server, and its port."
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time", "Check that the server is running and reachable."
	}
	return "", ""
}

// Printable keeps what came from elsewhere on its line: no control characters reach the terminal.
func Printable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
			return ' '
		}
		return c
	}, text)
}
