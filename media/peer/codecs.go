package peer

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
	"parley/media/codec"
)

// format is one codec we can put on the wire: a payload type with its parameters.
type format struct {
	name     string // MIME subtype as in rtpmap: "VP8", "opus"
	kind     rtc.Kind
	clock    uint32 // of RTP timestamps, Hz
	channels uint16 // 0 where rtpmap has none
	fmtp     string
	pt       uint8
	rtx      uint8 // payload type of the retransmission stream (RFC 4588), 0 is none
	mode     int   // H264 packetization-mode
	encode   bool  // this build can send it
}

func (f *format) mime() string { return string(f.kind) + "/" + f.name }

// knownFormats lists what this package can packetise, with the payload types browsers use too.
var knownFormats = []format{
	{name: "opus", kind: rtc.Audio, clock: 48000, channels: 2, fmtp: "minptime=10;useinbandfec=1", pt: 111},
	{name: "G722", kind: rtc.Audio, clock: 8000, pt: 9},
	{name: "PCMU", kind: rtc.Audio, clock: 8000, pt: 0},
	{name: "PCMA", kind: rtc.Audio, clock: 8000, pt: 8},
	{name: "VP8", kind: rtc.Video, clock: 90000, pt: 96, rtx: 97},
	{name: "VP9", kind: rtc.Video, clock: 90000, fmtp: "profile-id=0", pt: 98, rtx: 99},
	{name: "H264", kind: rtc.Video, clock: 90000, pt: 102, rtx: 103, mode: 1,
		fmtp: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
	{name: "H264", kind: rtc.Video, clock: 90000, pt: 108, rtx: 109, mode: 0,
		fmtp: "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"},
	{name: "AV1", kind: rtc.Video, clock: 90000, fmtp: "level-idx=5;profile=0;tier=0", pt: 45, rtx: 46},
}

// videoFeedback is the RTCP feedback we act upon for video (RFC 4585, 5104, goog-remb, transport-wide congestion control).
var videoFeedback = []string{"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}

// audioFeedback likewise for sound.
var audioFeedback = []string{"transport-cc", "nack"}

func feedbackFor(kind rtc.Kind) []string {
	if kind == rtc.Video {
		return videoFeedback
	}
	return audioFeedback
}

// localFormats is what we offer and accept, in the user's order: the preferred first, codecs this build can only decode
// last, the excluded not at all.
func localFormats(c rtc.Codecs) []format {
	ranks := map[string]int{}
	encodes := map[string]bool{}
	for i, a := range codec.VideoAdapters() {
		if a.NewDecoder != nil {
			ranks[strings.ToUpper(a.Name)] = i
			encodes[strings.ToUpper(a.Name)] = a.NewEncoder != nil
		}
	}
	for i, a := range codec.AudioAdapters() {
		if a.NewDecoder != nil && a.NewEncoder != nil {
			ranks[strings.ToUpper(a.Name)] = i
			encodes[strings.ToUpper(a.Name)] = true
		}
	}
	var list []format
	for _, f := range knownFormats {
		name := strings.ToUpper(f.name)
		if _, ok := ranks[name]; !ok || containsFold(c.Excluded, f.name) {
			continue
		}
		f.encode = encodes[name]
		list = append(list, f)
	}
	key := func(f format) int {
		rank := 1000 + ranks[strings.ToUpper(f.name)]
		if i := indexFold(c.Preferred, f.name); i >= 0 {
			rank = i
		}
		if !f.encode {
			rank += 10000
		}
		return rank
	}
	slices.SortStableFunc(list, func(a, b format) int { return key(a) - key(b) })
	return list
}

func containsFold(list []string, s string) bool { return indexFold(list, s) >= 0 }

func indexFold(list []string, s string) int {
	return slices.IndexFunc(list, func(e string) bool { return strings.EqualFold(strings.TrimSpace(e), s) })
}

// codecParameters gives pion a format and its retransmission stream.
func codecParameters(f format) []webrtc.RTPCodecParameters {
	main := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: f.mime(), ClockRate: f.clock, Channels: f.channels, SDPFmtpLine: f.fmtp,
		},
		PayloadType: webrtc.PayloadType(f.pt),
	}
	for _, fb := range feedbackFor(f.kind) {
		kind, parameter, _ := strings.Cut(fb, " ")
		main.RTCPFeedback = append(main.RTCPFeedback, webrtc.RTCPFeedback{Type: kind, Parameter: parameter})
	}
	list := []webrtc.RTPCodecParameters{main}
	if f.rtx != 0 {
		list = append(list, webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: "video/rtx", ClockRate: f.clock, SDPFmtpLine: "apt=" + strconv.Itoa(int(f.pt)),
			},
			PayloadType: webrtc.PayloadType(f.rtx),
		})
	}
	return list
}

// fmtpValue reads one parameter of an fmtp line; names compare without case.
func fmtpValue(fmtp, name string) (string, bool) {
	for part := range strings.SplitSeq(fmtp, ";") {
		k, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.TrimSpace(v), true
		}
	}
	return "", false
}

// matches tells whether a codec of the peer's description is one that format can send to and receive from. H264 matches
// by packetization mode alone: a constrained baseline stream is decodable by every profile, and the decoder takes the
// other progressive profiles.
func (f *format) matches(name string, clock uint32, channels uint16, fmtp string) bool {
	if !strings.EqualFold(f.name, name) || f.clock != clock {
		return false
	}
	value := func(key, missing string) string {
		if v, ok := fmtpValue(fmtp, key); ok {
			return v
		}
		return missing
	}
	switch strings.ToUpper(f.name) {
	case "OPUS":
		return channels == 2 || channels == 0
	case "VP9":
		return value("profile-id", "0") == "0"
	case "AV1":
		return value("profile", "0") == "0"
	case "H264":
		return value("packetization-mode", "0") == strconv.Itoa(f.mode)
	default:
		return channels <= 1
	}
}
