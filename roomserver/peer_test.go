package roomserver

import (
	"strings"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// newPC makes a client's peer connection with tracks for sound and video. A codec with "?" behind it is received only.
func newPC(t *testing.T, codec string) (pc *webrtc.PeerConnection, audio, video *webrtc.TrackLocalStaticSample) {
	t.Helper()
	codec, receiveOnly := strings.CutSuffix(codec, "?")
	pc = peerConnection(t, codec)
	capability := videoOf(codec)
	audio, err := webrtc.NewTrackLocalStaticSample(opus, "mic", "local")
	must(t, err)
	video, err = webrtc.NewTrackLocalStaticSample(capability, "camera", "local")
	must(t, err)
	_, err = pc.AddTrack(audio)
	must(t, err)
	if receiveOnly {
		_, err = pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo,
			webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	} else {
		_, err = pc.AddTrack(video)
	}
	must(t, err)
	return pc, audio, video
}

var opus = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}

// videoOf is a codec's capability; "H264/0" is packetization mode 0.
func videoOf(codec string) webrtc.RTPCodecCapability {
	codec, mode, _ := strings.Cut(codec, "/")
	capability := webrtc.RTPCodecCapability{MimeType: "video/" + codec, ClockRate: 90000}
	if codec == "H264" {
		if mode == "" {
			mode = "1"
		}
		capability.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=" + mode + ";profile-level-id=42e01f"
	}
	return capability
}

// peerConnection knows Opus and one video codec.
func peerConnection(t *testing.T, codec string) *webrtc.PeerConnection {
	t.Helper()
	engine := &webrtc.MediaEngine{}
	must(t, engine.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opus, PayloadType: 109}, webrtc.RTPCodecTypeAudio))
	video1 := videoOf(codec)
	video1.RTCPFeedback = []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	must(t, engine.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: video1, PayloadType: 120}, webrtc.RTPCodecTypeVideo))
	return loopbackPC(t, engine)
}

// loopbackPC is a peer connection over the loopback interface, closed at the test's end.
func loopbackPC(t *testing.T, engine *webrtc.MediaEngine) *webrtc.PeerConnection {
	t.Helper()
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings)).
		NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	t.Cleanup(func() { _ = pc.Close() })
	return pc
}

func offerOf(t *testing.T, pc *webrtc.PeerConnection) string {
	t.Helper()
	offer, err := pc.CreateOffer(nil)
	must(t, err)
	gathered := webrtc.GatheringCompletePromise(pc)
	must(t, pc.SetLocalDescription(offer))
	<-gathered
	return pc.LocalDescription().SDP
}

func answerTo(t *testing.T, pc *webrtc.PeerConnection, offer string) string {
	t.Helper()
	must(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}))
	answer, err := pc.CreateAnswer(nil)
	must(t, err)
	gathered := webrtc.GatheringCompletePromise(pc)
	must(t, pc.SetLocalDescription(answer))
	<-gathered
	return pc.LocalDescription().SDP
}

func pli(pc *webrtc.PeerConnection, track *webrtc.TrackRemote) {
	_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
}
