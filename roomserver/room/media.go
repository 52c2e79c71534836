package room

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"parley/media/pionlog"
	"parley/roomserver/fault"
)

// How long a participant's media may be away: after the first the connection counts as disturbed, after the second as
// failed, and he leaves.
const (
	iceDisconnected = 5 * time.Second
	iceFailed       = 20 * time.Second
	iceKeepAlive    = 2 * time.Second
	// dtlsRetransmission is after how long a flight of the handshake is sent again at first: a way is known to exist by then
	dtlsRetransmission = 100 * time.Millisecond
)

const (
	videoClock = 90000 // Hz
	mainStream = "main"
	// The client takes a video for a presentation by this word in its track's label.
	presentationTrack  = "dual-video"
	presentationStream = "dual"
)

// h264Single is H264 in packetization mode 0 (RFC 6184 6.2). It is a room codec of its own: what one participant sends must
// fit all, and a fragmented unit fits nobody who knows single units only.
const h264Single = "H264/0"

// codecOrder is what a room takes when the first participant decides, best first.
var codecOrder = []string{"VP8", "H264", "VP9", "AV1", h264Single}

// mime is the subtype of a room's codec.
func mime(codec string) string {
	name, _, _ := strings.Cut(codec, "/")
	return name
}

// profiles of a codec, by format parameters; the first is what we would send.
var profiles = map[string][]string{
	"VP8": {""},
	"H264": {
		"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
	},
	h264Single: {
		"level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
		"level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f",
	},
	"VP9": {"profile-id=0"},
	"AV1": {"level-idx=5;profile=0;tier=0"},
}

func known(codec string) bool { return profiles[codec] != nil }

func videoCapability(codec string) webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType: "video/" + mime(codec), ClockRate: videoClock, SDPFmtpLine: profiles[codec][0],
		RTCPFeedback: []webrtc.RTCPFeedback{
			{Type: "goog-remb"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"},
		},
	}
}

// voice is an audio codec we can mix.
type voice struct {
	capability  webrtc.RTPCodecCapability
	payloadType webrtc.PayloadType
}

// voices, best first: a client that knows none but those of the telephone is served too.
var voices = []voice{
	{webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}, 111},
	{webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeG722, ClockRate: 8000}, 9},
	{webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}, 0},
	{webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}, 8},
}

// name of the codec.
func (v voice) name() string { return strings.TrimPrefix(v.capability.MimeType, "audio/") }

// chooseVoice picks the best of the offered; Opus when the offer names none, so that its answer is a refusal.
func chooseVoice(offer string) voice {
	var description sdp.SessionDescription
	if description.UnmarshalString(offer) != nil {
		return voices[0]
	}
	offered := map[string]bool{}
	for _, m := range description.MediaDescriptions {
		if m.MediaName.Media != "audio" || m.MediaName.Port.Value == 0 {
			continue
		}
		for _, format := range m.MediaName.Formats {
			name, _ := formatOf(m, format)
			offered[strings.ToUpper(name)] = true
		}
	}
	for _, v := range voices {
		if offered[strings.ToUpper(v.name())] {
			return v
		}
	}
	return voices[0]
}

// formatOf finds what an m-line says of a format: its encoding name and parameters. Static payload types need no rtpmap
// (RFC 3551 6).
func formatOf(m *sdp.MediaDescription, format string) (name, parameters string) {
	name = map[string]string{"0": "PCMU", "8": "PCMA", "9": "G722"}[format]
	for _, a := range m.Attributes {
		pt, rest, ok := strings.Cut(a.Value, " ")
		if !ok || pt != format {
			continue
		}
		switch a.Key {
		case "rtpmap":
			name, _, _ = strings.Cut(rest, "/")
		case "fmtp":
			parameters = rest
		}
	}
	return name, parameters
}

// chooseCodec picks a room's codec from an offer, "" when it has no video that we could forward.
func chooseCodec(offer string) string {
	offered := videoCodecs(offer)
	for _, codec := range codecOrder {
		if offered[codec] {
			return codec
		}
	}
	return ""
}

// videoCodecs lists the codecs of the first video m-line that is not rejected.
func videoCodecs(offer string) map[string]bool {
	var description sdp.SessionDescription
	codecs := map[string]bool{}
	if description.UnmarshalString(offer) != nil {
		return codecs
	}
	for _, m := range description.MediaDescriptions {
		if m.MediaName.Media != "video" || m.MediaName.Port.Value == 0 {
			continue
		}
		for _, format := range m.MediaName.Formats {
			name, parameters := formatOf(m, format)
			name = strings.ToUpper(name)
			if name == "H264" && !strings.Contains(strings.ReplaceAll(parameters, " ", ""), "packetization-mode=1") {
				name = h264Single
			}
			if known(name) {
				codecs[name] = true
			}
		}
		return codecs
	}
	return codecs
}

// newPeerConnection makes a peer connection that knows one audio codec and the room's video codec only, so that every
// answer has just those. codec "" makes one for sound. behind tells how old the sound is.
func newPeerConnection(v voice, codec string, loopback bool, link *fault.Link, behind *lag, log *slog.Logger) (*webrtc.PeerConnection, error) {
	engine := &webrtc.MediaEngine{}
	if err := registerCodecs(engine, v, codec); err != nil {
		return nil, err
	}
	loggers := pionlog.Loggers{Log: log}
	interceptors := &interceptor.Registry{}
	interceptors.Add(behind)
	if err := configure(engine, interceptors, loggers); err != nil {
		return nil, fmt.Errorf("configure interceptors: %w", err)
	}
	network, err := link.Net()
	if err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{LoggerFactory: loggers}
	settings.SetDTLSRetransmissionInterval(dtlsRetransmission)
	settings.SetNet(network)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	if loopback {
		settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(interceptors),
		webrtc.WithSettingEngine(settings))
	return api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
}

// configure adds the interceptors. Each has to be told where to log: left alone it writes to standard error.
func configure(engine *webrtc.MediaEngine, interceptors *interceptor.Registry, loggers logging.LoggerFactory) error {
	return errors.Join(
		webrtc.ConfigureNackWithOptions(engine, interceptors, []nack.GeneratorOption{nack.WithGeneratorLoggerFactory(loggers)},
			nack.WithResponderLoggerFactory(loggers)),
		webrtc.ConfigureRTCPReportsWithOptions(interceptors, []report.ReceiverOption{report.WithReceiverLoggerFactory(loggers)},
			report.WithSenderLoggerFactory(loggers)),
		webrtc.ConfigureTWCCSenderWithOptions(engine, interceptors, twcc.WithLoggerFactory(loggers)))
}

func registerCodecs(engine *webrtc.MediaEngine, v voice, codec string) error {
	err := engine.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: v.capability, PayloadType: v.payloadType,
	}, webrtc.RTPCodecTypeAudio)
	if err != nil {
		return fmt.Errorf("register %s: %w", v.name(), err)
	}
	pt := webrtc.PayloadType(96)
	for _, parameters := range profiles[codec] {
		capability := videoCapability(codec)
		capability.SDPFmtpLine = parameters
		rtx := webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: videoClock, SDPFmtpLine: fmt.Sprintf("apt=%d", pt),
		}
		for i, c := range []webrtc.RTPCodecCapability{capability, rtx} {
			err := engine.RegisterCodec(webrtc.RTPCodecParameters{
				RTPCodecCapability: c, PayloadType: pt + webrtc.PayloadType(i),
			}, webrtc.RTPCodecTypeVideo)
			if err != nil {
				return fmt.Errorf("register %s: %w", codec, err)
			}
		}
		pt += 2
	}
	return nil
}
