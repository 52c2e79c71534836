package peer

import (
	"slices"

	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
)

// line is one audio or video m-line of the connection.
type line struct {
	kind        rtc.Kind
	slot        rtc.Slot // meaningful when sending is not nil
	transceiver *webrtc.RTPTransceiver
	want        direction // what we want of it

	sending *sending // nil: we cannot send on it
	// apart is the connection of an m-line to which the peer gives a transport of its own; fixedMID names it where
	// pion knows nothing of it.
	apart    *Conn
	fixedMID string
	remote   *RemoteTrack
	receiver
	// Negotiated state, set at the end of each offer/answer exchange.
	agreed  direction // as seen from us
	section *remoteSection
	source  sourceReport
	// unusable are codecs, by name, whose encoder did not open.
	unusable map[string]bool
}

// sending is the outbound half of a line. Exactly one of audio and video is set.
type sending struct {
	out   *outbound
	audio *audioSender
	video *videoSender
	track rtc.LocalTrack
	bound bool // RTCP is read
}

// receiver is the inbound half of a line.
type receiver struct {
	video *videoReceiver
	audio *audioReceiver
}

func (l *line) mid() string {
	if l.fixedMID != "" {
		return l.fixedMID
	}
	if l.transceiver == nil {
		return ""
	}
	return l.transceiver.Mid()
}

// sendFormat is the codec we send: the first of the peer's that this build can encode and whose encoder opens.
func (l *line) sendFormat() *format {
	if l.section == nil || !l.agreed.sends() {
		return nil
	}
	i := slices.IndexFunc(l.section.formats, func(f format) bool { return f.encode && !l.unusable[f.name] })
	if i < 0 {
		return nil
	}
	return &l.section.formats[i]
}

// doWithout gives up a codec whose encoder does not open and returns the next best one; nil when there is none: then this
// one is tried again, for what it lacked (memory, a device) may be there later.
func (l *line) doWithout(name string) *format {
	if l.unusable == nil {
		l.unusable = map[string]bool{}
	}
	l.unusable[name] = true
	f := l.sendFormat()
	if f == nil {
		delete(l.unusable, name)
		return nil
	}
	next := *f
	return &next
}

// prefer picks pion's codec parameters for the outbound track. An empty result is allowed (see outbound.Bind).
func (l *line) prefer(offered []webrtc.RTPCodecParameters) webrtc.RTPCodecParameters {
	f := l.sendFormat()
	for _, p := range offered {
		if f != nil && uint8(p.PayloadType) == f.pt {
			return p
		}
	}
	for _, p := range offered {
		if p.MimeType != webrtc.MimeTypeRTX {
			return p
		}
	}
	return webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: string(l.kind) + "/none"}}
}
