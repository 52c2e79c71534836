// Package rtc declares what the connector asks of a media engine: tracks, streams and a peer connection.
//
// It holds interfaces and plain values only. The connector depends on nothing else of the media side; media/peer
// implements it, tests implement it with fakes. Names follow W3C webrtc.
//
// Concurrency: every method may be called from any goroutine. Callbacks run on a goroutine of the media engine and
// must not block; the connector posts them to its loop.
package rtc

import (
	"context"
	"errors"
	"time"
)

// Kind is a track's kind (W3C MediaStreamTrack.kind).
type Kind string

// The two kinds of track.
const (
	Audio Kind = "audio"
	Video Kind = "video"
)

// Slot names one of the m-lines a call can send on, in the order in which the offer carries them.
type Slot int

// The three m-lines (mid 0, 1, 2).
const (
	SlotAudio Slot = iota
	SlotMain
	SlotPresentation
)

// Track is what local and remote tracks share.
type Track interface {
	// ID is unique within its stream (the msid's second part for remote tracks).
	ID() string
	Kind() Kind
	// Label is a name for people (device name) or, on remote tracks, the name the peer gave.
	Label() string
	// Ended is closed when the track will deliver nothing any more: stopped, device gone, remote track removed.
	Ended() <-chan struct{}
}

// Settings are the properties of what a local video track delivers now.
type Settings struct {
	Width, Height int     // pixels
	FrameRate     float64 // frames a second
}

// LocalTrack is a source of sound or picture on this machine.
type LocalTrack interface {
	Track
	// Enabled tells whether the track sends its content (false: muted; silence, no picture).
	Enabled() bool
	// SetEnabled mutes or unmutes at once. A disabled camera track releases the device.
	SetEnabled(enabled bool)
	// Settings returns zeros for audio.
	Settings() Settings
	// Stop ends capture for good. Idempotent.
	Stop()
}

// LocalStream is what a call sends: either track may be nil.
type LocalStream struct {
	Audio LocalTrack
	Video LocalTrack
}

// RemoteTrack is a track the peer sends.
type RemoteTrack interface {
	Track
	// StreamID is the msid's first part.
	StreamID() string
	// MID is the media identification (RFC 5888) of its m-line.
	MID() string
	// Codec is the MIME subtype in upper case ("VP8"), empty before the first packet.
	Codec() string
	// Muted tells that no packets arrive (W3C MediaStreamTrack.muted).
	Muted() bool
}

// ICEServer as in W3C RTCIceServer.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Codecs is the user's order of preference. MIME subtypes in any case ("VP8").
type Codecs struct {
	Preferred []string // offered first, in this order
	Excluded  []string // never offered, never accepted
}

// Config of a peer connection.
type Config struct {
	ICEServers []ICEServer
	Codecs     Codecs
	// ReceiveAudio and ReceiveVideo > 0 make a receive-only connection with so many recvonly transceivers; both 0 make
	// the ordinary one (audio, main video, both sendrecv).
	ReceiveAudio, ReceiveVideo int
	// MaxWidth and MaxHeight limit what is sent, pixels; 0 is no limit.
	MaxWidth, MaxHeight int
	// MaxBitrate limits what the main video's encoder sends, bit/s; 0 is no limit. Encodings limit further.
	MaxBitrate int
	// MaxReceiveBitrate limits what the peer may send us as video, bit/s; 0 is no limit. Each m-line asks for it
	// (b=TIAS, RFC 3890), and REMB, where the peer knows it, for all of them together.
	MaxReceiveBitrate int
}

// ConnectionState is W3C RTCPeerConnectionState.
type ConnectionState string

// The states of a peer connection.
const (
	StateNew          ConnectionState = "new"
	StateConnecting   ConnectionState = "connecting"
	StateConnected    ConnectionState = "connected"
	StateDisconnected ConnectionState = "disconnected"
	StateFailed       ConnectionState = "failed"
	StateClosed       ConnectionState = "closed"
)

// Encoding limits what a slot sends (W3C RTCRtpEncodingParameters and MediaStreamTrack.contentHint).
type Encoding struct {
	MaxBitrate            int     // bit/s; 0 is no limit of its own
	ScaleDown             float64 // divides width and height; 0 and 1 mean unscaled
	MaxFrameRate          float64 // frames a second; 0 is no limit
	ContentHint           string  // "", "motion", "detail"
	DegradationPreference string  // "", "maintain-framerate", "maintain-resolution", "balanced"
}

// ErrSetLocalDescription is in the chain of errors of Offer and Answer when a description was created but could not be
// applied (W3C setLocalDescription).
var ErrSetLocalDescription = errors.New("setting the local description")

// OfferOptions of PeerConnection.Offer.
type OfferOptions struct {
	ICERestart bool
	// NoAudio and NoVideo ask the peer to send no sound (picture) from this negotiation on, until an offer without them
	// (W3C offerToReceiveAudio and offerToReceiveVideo false): sendrecv is offered as sendonly, recvonly as inactive.
	NoAudio, NoVideo bool
}

// PeerConnection is one RTCPeerConnection as the connector needs it. Offer and Answer return the complete SDP with all
// candidates (no trickle, spec protocol "SDP").
type PeerConnection interface {
	// Offer creates an offer, makes it the local description and returns it with its candidates.
	Offer(ctx context.Context, options OfferOptions) (sdp string, err error)
	// ApplyAnswer makes sdp the remote description.
	ApplyAnswer(ctx context.Context, sdp string) error
	// Answer makes offer the remote description, answers it and returns the answer with its candidates.
	Answer(ctx context.Context, offer string) (answer string, err error)
	// Rollback leaves a half-done offer (signalling state back to stable). Stable: no-op.
	Rollback(ctx context.Context) error

	// SetTrack changes what a slot sends; nil sends nothing. For SlotPresentation it makes or re-uses the transceiver
	// (one the peer offered recvonly first) and reports whether a renegotiation is needed.
	SetTrack(slot Slot, track LocalTrack) (renegotiate bool, err error)
	SetEncoding(slot Slot, encoding Encoding)
	Encoding(slot Slot) Encoding

	RemoteTracks() []RemoteTrack
	// OnTrack is called once for each remote track, before or after registration.
	OnTrack(func(RemoteTrack))
	// OnConnectionState is called at each change.
	OnConnectionState(func(ConnectionState))
	// ConnectionState now.
	ConnectionState() ConnectionState
	Stats(ctx context.Context) (Stats, error)
	Close() error
}

// Factory makes peer connections.
type Factory interface {
	NewPeerConnection(config Config) (PeerConnection, error)
}

// Stats is one collection (spec connector 8), each entry in the W3C webrtc-stats vocabulary. Absent parts are nil.
type Stats struct {
	Time          time.Time      `json:"-"`
	Outbound      OutboundStats  `json:"outbound"`
	Inbound       InboundStats   `json:"inbound"`
	CandidatePair map[string]any `json:"candidatePair,omitempty"`
	Transport     map[string]any `json:"transport,omitempty"`
}

// OutboundStats holds what is sent.
type OutboundStats struct {
	Audio        *StreamStats `json:"audio,omitempty"`
	Video        *StreamStats `json:"video,omitempty"`
	Presentation *StreamStats `json:"secondVideo,omitempty"`
}

// InboundStats holds what arrives.
type InboundStats struct {
	Audio        *StreamStats `json:"audio,omitempty"`
	Video        *StreamStats `json:"video,omitempty"`
	Presentation *StreamStats `json:"secondVideo,omitempty"`
}

// StreamStats is an inbound-rtp or outbound-rtp entry with what belongs to it. Counters are totals since the start.
// Times are seconds (W3C), bitrates bit/s, sizes bytes.
type StreamStats struct {
	SSRC                uint32  `json:"ssrc"`
	MID                 string  `json:"mid,omitempty"`
	TrackID             string  `json:"trackIdentifier,omitempty"`
	Codec               string  `json:"codec,omitempty"`
	PacketsSent         uint64  `json:"packetsSent,omitempty"`
	BytesSent           uint64  `json:"bytesSent,omitempty"`
	FramesEncoded       uint64  `json:"framesEncoded,omitempty"`
	KeyFramesEncoded    uint64  `json:"keyFramesEncoded,omitempty"`
	FramesSent          uint64  `json:"framesSent,omitempty"`
	TargetBitrate       float64 `json:"targetBitrate,omitempty"`
	QualityLimitation   string  `json:"qualityLimitationReason,omitempty"`
	TotalEncodeTime     float64 `json:"totalEncodeTime,omitempty"`
	RetransmittedPacket uint64  `json:"retransmittedPacketsSent,omitempty"`
	RetransmittedBytes  uint64  `json:"retransmittedBytesSent,omitempty"`
	HeaderBytesSent     uint64  `json:"headerBytesSent,omitempty"`
	Active              bool    `json:"active,omitempty"` // negotiated to be sent, with a track

	PacketsReceived uint64  `json:"packetsReceived,omitempty"`
	BytesReceived   uint64  `json:"bytesReceived,omitempty"`
	PacketsLost     int64   `json:"packetsLost,omitempty"`
	Jitter          float64 `json:"jitter,omitempty"`
	FramesReceived  uint64  `json:"framesReceived,omitempty"`
	FramesDecoded   uint64  `json:"framesDecoded,omitempty"`
	FramesDropped   uint64  `json:"framesDropped,omitempty"`
	KeyFramesDecode uint64  `json:"keyFramesDecoded,omitempty"`
	FreezeCount     uint64  `json:"freezeCount,omitempty"`
	FreezesDuration float64 `json:"totalFreezesDuration,omitempty"`
	TotalDecodeTime float64 `json:"totalDecodeTime,omitempty"`
	ConcealedSample uint64  `json:"concealedSamples,omitempty"`
	TotalSamples    uint64  `json:"totalSamplesReceived,omitempty"`
	AudioLevel      float64 `json:"audioLevel,omitempty"` // 0..1

	HeaderBytesReceived   uint64  `json:"headerBytesReceived,omitempty"`
	RetransmittedReceived uint64  `json:"retransmittedPacketsReceived,omitempty"`
	LastPacketReceived    float64 `json:"lastPacketReceivedTimestamp,omitempty"` // Unix milliseconds
	JitterBufferDelay     float64 `json:"jitterBufferDelay,omitempty"`           // sum over emitted frames or samples
	JitterBufferEmitted   uint64  `json:"jitterBufferEmittedCount,omitempty"`
	JitterBufferTarget    float64 `json:"jitterBufferTargetDelay,omitempty"` // sum over emitted samples
	PacketsDiscarded      uint64  `json:"packetsDiscarded,omitempty"`
	ConcealmentEvents     uint64  `json:"concealmentEvents,omitempty"`
	SilentConcealed       uint64  `json:"silentConcealedSamples,omitempty"`
	InsertedSamples       uint64  `json:"insertedSamplesForDeceleration,omitempty"`
	RemovedSamples        uint64  `json:"removedSamplesForAcceleration,omitempty"`
	FECPacketsUsed        uint64  `json:"fecPacketsReceived,omitempty"` // losses repaired by in-band FEC
	TotalAudioEnergy      float64 `json:"totalAudioEnergy,omitempty"`
	TotalSamplesDuration  float64 `json:"totalSamplesDuration,omitempty"`

	NACKCount     uint64  `json:"nackCount,omitempty"`
	PLICount      uint64  `json:"pliCount,omitempty"`
	FIRCount      uint64  `json:"firCount,omitempty"`
	FrameWidth    int     `json:"frameWidth,omitempty"`
	FrameHeight   int     `json:"frameHeight,omitempty"`
	FrameRate     float64 `json:"framesPerSecond,omitempty"`
	RoundTripTime float64 `json:"roundTripTime,omitempty"` // remote-inbound-rtp, seconds
	FractionLost  float64 `json:"fractionLost,omitempty"`  // remote-inbound-rtp, 0..1
	// What the peer says of our stream (remote-inbound-rtp) or of its own (remote-outbound-rtp).
	TotalRoundTripTime    float64 `json:"totalRoundTripTime,omitempty"`
	RoundTripMeasurements uint64  `json:"roundTripTimeMeasurements,omitempty"`
	RemotePacketsLost     int64   `json:"remotePacketsLost,omitempty"`
	RemoteJitter          float64 `json:"remoteJitter,omitempty"`
	RemotePacketsSent     uint64  `json:"remotePacketsSent,omitempty"`
	RemoteBytesSent       uint64  `json:"remoteBytesSent,omitempty"`
	ReportsReceived       uint64  `json:"reportsReceived,omitempty"`
	RemoteTimestamp       float64 `json:"remoteTimestamp,omitempty"` // of the peer's last sender report, Unix milliseconds

	Kind           Kind   `json:"kind,omitempty"`
	RTXSSRC        uint32 `json:"rtxSsrc,omitempty"`
	PayloadType    uint8  `json:"payloadType,omitempty"`
	ClockRate      uint32 `json:"clockRate,omitempty"` // Hz
	Channels       uint16 `json:"channels,omitempty"`
	FMTP           string `json:"sdpFmtpLine,omitempty"`
	Implementation string `json:"implementation,omitempty"` // of the encoder or decoder: the adapter's name

	QualityLimitationDurations map[string]float64 `json:"qualityLimitationDurations,omitempty"` // seconds by reason
	ResolutionChanges          uint64             `json:"qualityLimitationResolutionChanges,omitempty"`
	EncodedBytesTarget         uint64             `json:"totalEncodedBytesTarget,omitempty"`
	HugeFramesSent             uint64             `json:"hugeFramesSent,omitempty"`
	PacketSendDelay            float64            `json:"totalPacketSendDelay,omitempty"` // seconds
	// Of the source (media-source).
	SourceWidth     int     `json:"sourceWidth,omitempty"`
	SourceHeight    int     `json:"sourceHeight,omitempty"`
	SourceFrames    uint64  `json:"sourceFrames,omitempty"`
	SourceFrameRate float64 `json:"sourceFramesPerSecond,omitempty"`

	// QPSum adds up the quantizers of what was encoded, or decoded, in the codec's scale; 0 where nothing tells.
	QPSum uint64 `json:"qpSum,omitempty"`

	FramesRendered        uint64  `json:"framesRendered,omitempty"`
	FramesAssembled       uint64  `json:"framesAssembledFromMultiplePackets,omitempty"`
	AssemblyTime          float64 `json:"totalAssemblyTime,omitempty"`           // seconds
	InterFrameDelay       float64 `json:"totalInterFrameDelay,omitempty"`        // seconds
	SquaredInterFrame     float64 `json:"totalSquaredInterFrameDelay,omitempty"` // seconds squared
	ProcessingDelay       float64 `json:"totalProcessingDelay,omitempty"`        // seconds
	PauseCount            uint64  `json:"pauseCount,omitempty"`                  // of 5 s and more without a picture
	PausesDuration        float64 `json:"totalPausesDuration,omitempty"`         // seconds
	JitterBufferMinimum   float64 `json:"jitterBufferMinimumDelay,omitempty"`    // sum over emitted frames or samples, seconds
	EstimatedPlayout      float64 `json:"estimatedPlayoutTimestamp,omitempty"`   // sender's clock, NTP milliseconds
	RetransmittedBytesGot uint64  `json:"retransmittedBytesReceived,omitempty"`
}
