// Package signal declares what the connector asks of a SIP user agent over one WebSocket (RFC 3261, RFC 7118).
//
// connector/sip implements it with sipgo; tests implement it with fakes. Callbacks come one at a time, in the order in
// which things happened on the wire, on a goroutine of the user agent; they must not block.
package signal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// Header is one SIP header line.
type Header struct{ Name, Value string }

// Config of a user agent (spec connector 2, protocol "SIP over WebSocket").
type Config struct {
	URL             string // wss://host[:port]/webrtc/wss/
	Domain          string // host part of the SIP URIs (sipServerIp)
	User            string // user part of our URI, also the authorization user
	Password        string // secret: never logged
	DisplayName     string
	Register        bool
	RegisterExpires time.Duration // 300 s when 0
	SessionTimers   bool
	UserAgent       string        // User-Agent header
	ExtraHeaders    []Header      // added to every REGISTER
	InstanceID      string        // urn:uuid of this installation, without "urn:uuid:"
	RecoveryMin     time.Duration // 2 s when 0: wait before the socket is opened again
	RecoveryMax     time.Duration // 6 s when 0
	TLS             *tls.Config   // nil: system roots
}

// Handler receives what happens to the agent. Nil functions are skipped.
type Handler struct {
	OnConnecting   func(attempt int)
	OnConnected    func()
	OnDisconnected func(Disconnect) // the socket is gone, or could not be opened
	// OnReopen is Reopen taking effect: what follows the next OnConnecting or OnDisconnected is of another socket.
	OnReopen             func()
	OnRegistered         func()
	OnUnregistered       func()
	OnRegistrationFailed func(err *ResponseError)
	OnSession            func(Session)                       // a new incoming INVITE outside a dialog
	OnMessage            func(Message)                       // MESSAGE in
	OnNotify             func(headers []Header, body []byte) // NOTIFY outside any dialog
}

// Disconnect says how a socket ended.
type Disconnect struct {
	Code   int // WebSocket close code (RFC 6455 7.4); 1006 when there was no close handshake
	Reason string
	Clean  bool  // we asked for it
	Err    error // what the network said, nil when clean
}

// Message is a SIP MESSAGE (RFC 3428).
type Message struct {
	From        Identity
	ContentType string
	Body        []byte
}

// Identity is a name-addr.
type Identity struct {
	DisplayName string
	User        string
	Host        string
}

// ResponseError is a final response of 300 or above, or what stands for it (408 for a timeout, 503 for a transport error).
type ResponseError struct {
	Method     string
	StatusCode int
	Reason     string
	Cause      Cause
	RetryAfter time.Duration
	Err        error // underlying error, nil for a real response
}

func (e *ResponseError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Method, e.Cause, e.Err)
	}
	return fmt.Sprintf("%s: %d %s (%s)", e.Method, e.StatusCode, e.Reason, e.Cause)
}

func (e *ResponseError) Unwrap() error { return e.Err }

// UserAgent is a SIP user agent on one WebSocket. After Start it keeps the socket open (opening it again after a random
// time between RecoveryMin and RecoveryMax, rising) and, if asked to, registered, until Stop.
type UserAgent interface {
	Start() error
	// Stop unregisters (if registered), terminates sessions and closes the socket. OnDisconnected{Clean:true} follows.
	Stop(ctx context.Context) error
	Connected() bool
	Registered() bool
	// Reopen cuts the present socket, which is of no use any more, and opens another one as after a loss: what is
	// established goes on. Without a socket it opens one at once, whatever is under way or waited for. OnReopen follows.
	Reopen()
	Register(ctx context.Context) error
	Unregister(ctx context.Context) error
	// Options sends OPTIONS to target ("" is our own URI) and waits for the final response.
	Options(ctx context.Context, target string) error
	SendMessage(ctx context.Context, target, contentType string, body []byte) error
	// Invite starts a session. The session is returned at once, before anything was sent; its handler's functions
	// report all that follows.
	Invite(target string, options InviteOptions, handler SessionHandler) (Session, error)
}

// InviteOptions of an outgoing call.
type InviteOptions struct {
	Offer        string // complete SDP
	ExtraHeaders []Header
	// NoAnswerTimeout ends the attempt, 60 s when 0.
	NoAnswerTimeout time.Duration
}

// Originator says who caused an end.
type Originator string

// The three originators.
const (
	Local  Originator = "local"
	Remote Originator = "remote"
	System Originator = "system"
)

// End describes how a session ended or failed.
type End struct {
	Originator Originator
	Cause      Cause
	StatusCode int // of the response or of the Reason header, 0 when there is none
	Reason     string
}

// InDialogOffer is a re-INVITE or UPDATE from the peer. Exactly one of Accept and Reject is called. Offer is empty for a
// re-INVITE without SDP: Accept then carries our offer, and the answer arrives through OnAnswer.
type InDialogOffer struct {
	Method   string // INVITE or UPDATE
	Offer    string
	Headers  []Header
	Accept   func(sdp string)
	Reject   func(code int, reason string)
	OnAnswer func(fn func(answer string)) // to our offer, when Offer is empty; empty: none will come
}

// SessionHandler receives what happens in one session. Nil functions are skipped; a nil OnOffer answers 488.
type SessionHandler struct {
	OnSending   func()                     // INVITE goes out
	OnProgress  func(code int, sdp string) // 1xx above 100
	OnAnswer    func(sdp string) error     // outgoing: the 2xx's SDP; an error ends the call with BYE 488
	OnAccepted  func()                     // 2xx sent or received
	OnConfirmed func()                     // ACK sent or received
	OnEnded     func(End)                  // after accepted
	OnFailed    func(End)                  // before accepted
	OnInfo      func(contentType string, headers []Header, body []byte)
	OnOffer     func(InDialogOffer)
	OnRefer     func(referTo string) (accept bool) // accepted, 202 and a NOTIFY of 100 go out; NotifyRefer tells the rest
	// OnRefresh asks for a re-INVITE: the session timer (RFC 4028) is due and the peer knows no UPDATE.
	OnRefresh func()
}

// ErrNoRefer is returned by NotifyRefer when nobody waits to hear of it.
var ErrNoRefer = errors.New("no REFER is waiting to be reported on")

// Session is an INVITE session with its dialog.
type Session interface {
	ID() string // Call-ID
	Incoming() bool
	Remote() Identity
	// Headers of the initial INVITE.
	Headers() []Header
	// Offer is the SDP of an incoming INVITE.
	Offer() string
	// SetHandler is called for incoming sessions, in OnSession, before it returns.
	SetHandler(SessionHandler)
	// Ring sends 180. Accept sends 200 with the answer and waits for nothing: OnConfirmed follows.
	Ring() error
	Accept(answer string, extraHeaders []Header) error
	Reject(code int, reason string) error
	// Terminate cancels, rejects or says BYE, as the session's state asks for. Reason is a Reason header value (RFC 3326),
	// may be empty.
	Terminate(ctx context.Context, code int, reason string) error
	// Info sends INFO and waits for the final response: nil on 2xx, *ResponseError else. A 408 or 481 ends the session
	// unless keepOnError.
	Info(ctx context.Context, contentType string, body []byte, headers []Header, keepOnError bool) error
	// Reinvite (or Update) offers sdp in the dialog and returns the answer. 491 is retried once after the time of RFC 3261
	// 14.1. The dialog survives every failure but 408 and 481. To a peer that does not allow UPDATE it goes as a re-INVITE.
	Reinvite(ctx context.Context, offer string, headers []Header) (answer string, err error)
	Update(ctx context.Context, offer string, headers []Header) (answer string, err error)
	// NotifyRefer reports how the call goes that an accepted REFER asked for (RFC 3515 2.4.4): any number of provisional
	// codes, then one final code. It works after the end of the session too. ErrNoRefer: there is none, or all is said.
	NotifyRefer(ctx context.Context, code int, reason string) error
}

// Dialer makes user agents.
type Dialer interface {
	NewUserAgent(config Config, handler Handler) (UserAgent, error)
}
