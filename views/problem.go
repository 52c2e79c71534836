package views

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"unicode"

	"parley/connector/call"
	"parley/connector/discovery"
	"parley/connector/signal"
	"parley/media/device"
	"parley/views/text"
	"parley/views/widget"
)

// Operation is what was being done when something failed.
type Operation string

// The operations; the values are the keys of their words.
const (
	OpConnect    Operation = "problem.connect"
	OpCall       Operation = "problem.call"
	OpCallEnded  Operation = "problem.callEnded"
	OpAnswer     Operation = "problem.answer"
	OpHangUp     Operation = "problem.hangup"
	OpShare      Operation = "problem.share"
	OpCamera     Operation = "problem.camera"
	OpMicrophone Operation = "problem.microphone"
	OpHold       Operation = "problem.hold"
	OpTones      Operation = "problem.tones"
	OpSettings   Operation = "problem.settings"
	OpSound      Operation = "problem.sound"
	OpDevices    Operation = "problem.devices"
	OpSave       Operation = "problem.save"
	OpFault      Operation = "problem.fault"
	OpDemo       Operation = "problem.demo"
	OpLink       Operation = "problem.link"
)

// Describe says in words what failed, why, and what to do. An error that says the person cancelled gives an empty notice.
func Describe(op Operation, target string, err error) widget.Notice {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, device.ErrCancelled) {
		return widget.Notice{}
	}
	if r := responseOf(err); r != nil && (r.Cause == signal.CauseCanceled || r.Cause == signal.CauseTerminated) {
		return widget.Notice{} // hung up, by whomever: nothing failed
	}
	return widget.Notice{
		Level: widget.Failure,
		Title: text.T(string(op), text.D{"Target": target}),
		Text:  why(op, err),
	}
}

func why(op Operation, err error) string {
	var certificate *CertificateError
	if errors.As(err, &certificate) {
		if certificate.Changed {
			return text.T("why.certificateChanged")
		}
		return text.T("why.certificate")
	}
	var authority *AuthorityError
	if errors.As(err, &authority) {
		return text.T("why.authorities", text.D{"Detail": shorten(authority.Error())})
	}
	if key := whyDevice(err); key != "" {
		return text.T(key)
	}
	response := responseOf(err)
	if response != nil {
		if key := whyResponse(op, response); key != "" {
			return text.T(key)
		}
	}
	if key := whyNetwork(err); key != "" {
		return text.T(key)
	}
	var step *discovery.Error
	if errors.As(err, &step) {
		switch step.Step {
		case discovery.StepAddress:
			return text.T("why.address")
		case discovery.StepHTTP, discovery.StepAnswer:
			return text.T("why.notParley", text.D{"Detail": shorten(step.Err.Error())})
		}
	}
	if response != nil {
		return text.T("why.server", text.D{"Detail": detail(response)})
	}
	return text.T("why.internal", text.D{"Detail": shorten(err.Error())})
}

// sameFailure tells whether two errors speak of the same thing.
func sameFailure(a, b error) bool {
	if a == nil || b == nil {
		return false
	}
	if errors.Is(a, b) || errors.Is(b, a) {
		return true
	}
	ra, rb := responseOf(a), responseOf(b)
	return ra != nil && rb != nil && ra.Cause == rb.Cause && ra.StatusCode == rb.StatusCode
}

// responseOf finds a final response, or what a call ended with, in the shape of one.
func responseOf(err error) *signal.ResponseError {
	var (
		response *signal.ResponseError
		ended    *call.Error
	)
	switch {
	case errors.As(err, &response):
		return response
	case errors.As(err, &ended):
		return &signal.ResponseError{Method: "INVITE", StatusCode: ended.StatusCode, Reason: ended.Reason,
			Cause: ended.Cause, Err: ended.Err}
	}
	return nil
}

func whyDevice(err error) string {
	switch {
	case errors.Is(err, ErrNoScreen):
		return "share.none"
	case errors.Is(err, device.ErrNoPortal):
		return "why.noPortal"
	case errors.Is(err, device.ErrNoCapture):
		return "why.noCapture"
	case errors.Is(err, device.ErrClosed):
		return "why.windowClosed"
	case errors.Is(err, device.ErrNotFound):
		return "why.deviceMissing"
	case errors.Is(err, device.ErrUnavailable):
		return "why.deviceBusy"
	case errors.Is(err, call.ErrActive):
		return "why.inACall"
	}
	return ""
}

func whyResponse(op Operation, r *signal.ResponseError) string {
	if op == OpConnect && (r.StatusCode == 403 || r.StatusCode == 401 || r.StatusCode == 407) {
		return "why.credentials"
	}
	if op == OpShare && r.Cause == signal.CauseRejected {
		return "why.shareDenied"
	}
	if signal.Declined(r.Cause, r.StatusCode) {
		return "why.rejected"
	}
	switch r.Cause {
	case signal.CauseAuthentication:
		return "why.credentials"
	case signal.CauseNotFound, signal.CauseAddressIncomplete:
		return "why.notFound"
	case signal.CauseBusy:
		return "why.busy"
	case signal.CauseUnavailable:
		return "why.unavailable"
	case signal.CauseNoAnswer, signal.CauseExpires:
		return "why.noAnswer"
	case signal.CauseIncompatibleSDP, signal.CauseMissingSDP, signal.CauseBadMediaDescription:
		return "why.incompatible"
	case signal.CauseRTPTimeout, signal.CauseWebRTC:
		return "why.media"
	case signal.CauseRequestTimeout:
		return "why.timeout"
	case signal.CauseConnection:
		if key := whyNetwork(r.Err); key != "" {
			return key
		}
		return "why.connection"
	}
	return ""
}

func whyNetwork(err error) string {
	if err == nil {
		return ""
	}
	var (
		dns     *net.DNSError
		network net.Error
		address *net.AddrError
	)
	switch {
	case errors.As(err, &address):
		return "why.address"
	case errors.As(err, &dns) && !dns.IsTimeout:
		return "why.dns"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "why.refused"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "why.unreachable"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &network) && network.Timeout():
		return "why.timeout"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return "why.connection"
	}
	return ""
}

func detail(r *signal.ResponseError) string {
	if r.Reason != "" {
		return shorten(r.Reason)
	}
	return string(r.Cause)
}

// shorten keeps a text from the network or the system to one line of reasonable length.
func shorten(s string) string {
	s = OneLine(s)
	if r := []rune(s); len(r) > 160 {
		return string(r[:159]) + "…"
	}
	return s
}

// OneLine is a text from elsewhere as one line, without the characters that are not seen themselves and change what is:
// a name could otherwise turn round the number that stands beside it (U+202E).
func OneLine(s string) string {
	seen := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(seen), " ")
}
