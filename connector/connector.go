package connector

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"parley/connector/autoconnect"
	"parley/connector/presentation"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/signal"
	"parley/connector/stats"
)

// Config builds a Connector. Peers and Dialer are required.
type Config struct {
	Peers      rtc.Factory
	Dialer     signal.Dialer
	HTTP       *http.Client // nil: http.DefaultClient
	Logger     *slog.Logger // nil: discards
	UserAgent  string       // User-Agent header
	InstanceID string       // UUID of this installation (+sip.instance)
	Codecs     rtc.Codecs
	// CallWaiting lets a further call ring during a call, or while another one rings; otherwise it is answered busy.
	CallWaiting bool
	// OnMessage gets the MESSAGEs (RFC 3428) that arrive; "connection:newMessage" tells of them without their text. It is
	// called on the loop and must not block.
	OnMessage func(signal.Message)
	// AcceptRefer decides whether a transfer that the peer asks for (REFER, RFC 3515) is accepted: then 202 goes out and a
	// NOTIFY, and calling the target is the application's to do, as is telling the peer how that goes (ReportRefer). Nil
	// refuses every one (603).
	// It is called on a goroutine of the user agent and must not block.
	AcceptRefer func(referTo string) bool
	// MaxBitrate of the main video that is sent, bit/s; 0 is no limit.
	MaxBitrate int
	// MaxReceiveBitrate of the video that comes, bit/s; 0 is no limit. The peer is asked to keep to it.
	MaxReceiveBitrate int

	Balancer    BalancerConfig
	Recovery    RecoveryConfig
	AutoConnect autoconnect.Options
	Network     autoconnect.Network // events of this machine's network, nil for none; see autoconnect.SystemNetwork
	Redial      redial.Options
}

// BalancerConfig of the video sending balancer (spec connector 9); zero values are the defaults.
type BalancerConfig struct {
	Off            bool
	IgnoreForCodec *string       // part of a codec's name that is left alone
	Delay          time.Duration // after the call is confirmed, 10 s when 0
}

// RecoveryConfig of the main stream's health (spec connector 8); zero values are the defaults.
type RecoveryConfig struct {
	Samples  int           // in a row that make a problem, 3 when 0
	Throttle time.Duration // between two renegotiations, 4 s when 0
}

// ConnectParameters of one connect (spec connector 2).
type ConnectParameters struct {
	SIPServerURL  string // host[:port] of the WebSocket
	SIPServerIP   string // domain of the SIP URIs
	RemoteAddress string
	ICEServers    []rtc.ICEServer
	DisplayName   string
	Register      bool
	User          string
	Password      string // secret: never logged
	SessionTimers bool
	// RegisterExpires, RecoveryMin and RecoveryMax take the defaults of the spec when 0 (300 s, 2 s, 6 s).
	RegisterExpires, RecoveryMin, RecoveryMax time.Duration
	ExtraHeaders                              []signal.Header
	MaxWidth, MaxHeight                       int  // maxAvailableResolution, pixels; 0 is no limit
	Plain                                     bool // ws:// instead of wss://
	TLS                                       *tls.Config
	Attempts                                  int // tries while the WebSocket handshake fails, 3 when 0
	// Resolve, when set, is asked for the parameters at each connect, by the auto-connector too; what stands beside it does
	// not count. It is called on a goroutine of its own, and its context ends when the connect does.
	Resolve func(ctx context.Context) (ConnectParameters, error)
}

// CallParameters of an outgoing call.
type CallParameters struct {
	Number       string
	Stream       rtc.LocalStream
	ExtraHeaders []signal.Header
	NoRedial     bool // do not call again after a network failure
}

// AnswerParameters of an incoming call.
type AnswerParameters struct {
	// ID of the ringing call (Snapshot().Incoming, and the payload of "incoming-call:ringing"); empty: the one that has
	// rung longest.
	ID     string
	Stream rtc.LocalStream
	// HangUp ends the running call first, in one step with the answer. Without it a running call is call.ErrActive.
	HangUp bool
}

// SendEncoding limits what the camera sends (W3C RTCRtpEncodingParameters); zero is no limit of its own. The balancer and a
// spectator's minimum may lower it further.
type SendEncoding struct {
	MaxBitrate   int     // bit/s
	ScaleDown    float64 // divides width and height
	MaxFrameRate float64 // frames a second
}

// ReplaceOptions of ReplaceStream (spec connector 4, replaceMediaStream); zero values are the defaults.
type ReplaceOptions struct {
	KeepExisting          bool          // a kind that the new stream lacks goes on being sent
	OnlyExisting          bool          // a kind that is not sent now is not added
	Renegotiate           bool          // offer anew even where none is needed
	ContentHint           string        // of the camera: "motion", "detail", "none"; empty leaves it as it is
	DegradationPreference string        // of the camera, as in W3C; empty leaves it as it is
	Encoding              *SendEncoding // of the camera; nil leaves it as it is
	// Prove waits, 5 s at most, until statistics show that the new camera is really being sent; empty asks for no proof. A
	// camera that is switched off, or none, needs no proof.
	Prove stats.Strictness
}

// RestartOptions of RestartICE (spec connector 4, restartIce); zero values are the defaults.
type RestartOptions struct {
	UseUpdate    bool // UPDATE (RFC 3311) instead of re-INVITE; a peer that does not know it gets a re-INVITE
	ExtraHeaders []signal.Header
	// NoAudio and NoVideo are the offer's constraints: receive no sound, no picture, until another offer says otherwise.
	NoAudio, NoVideo bool
	Encoding         *SendEncoding // of the camera from here on; nil leaves it as it is
}

// PresentationOptions of StartPresentation (spec connector 6); zero values are the defaults.
type PresentationOptions struct {
	ContentHint           string // "detail" when empty
	DegradationPreference string
	MaxBitrate            int     // bit/s
	ScaleDown             float64 // divides width and height
	MaxFrameRate          float64 // frames a second
	NoReinvite            bool    // attach only: the peer has been offered the m-line already
	// Attempts is how often a start that fails is tried in all, 300 ms apart; once when 0 (callLimit).
	Attempts int
}

func (o PresentationOptions) options() presentation.Options {
	return presentation.Options{ContentHint: o.ContentHint, DegradationPreference: o.DegradationPreference,
		MaxBitrate: o.MaxBitrate, ScaleDown: o.ScaleDown, MaxFrameRate: o.MaxFrameRate, NoReinvite: o.NoReinvite,
		Attempts: o.Attempts}
}

// Event is one entry of the connector's event stream. Name is the wire name with its prefix ("call:confirmed"). Data is
// a value that encodes to JSON; it holds no secrets.
type Event struct {
	Name string
	Time time.Time
	Data any
}
