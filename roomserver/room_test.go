package roomserver

import (
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/samplebuilder"

	"parley/media/codec"
	"parley/media/device/stamp"
	"parley/media/video"
)

// caller is a client with media in a room.
type caller struct {
	*client
	d     *clientDialog
	pc    *webrtc.PeerConnection
	audio *webrtc.TrackLocalStaticSample
	video *webrtc.TrackLocalStaticSample

	codec  string
	limits chan float64 // REMB that the sender of film gets, if not nil
	tracks chan *webrtc.TrackRemote
	// onPacket, if not nil, sees what watch reads.
	onPacket func(*rtp.Packet)
	stop     chan struct{}
	work     sync.WaitGroup
}

// join calls a room with sound and video, and answers the server's INFO and offers.
func join(t *testing.T, s *Server, user, number, codecName string, headers ...sip.Header) *caller {
	t.Helper()
	c := &caller{client: dial(t, s, user, ""), tracks: make(chan *webrtc.TrackRemote, 10), stop: make(chan struct{}), codec: codecName}
	c.pc, c.audio, c.video = newPC(t, codecName)
	c.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { c.tracks <- track })
	connected := make(chan struct{})
	var once sync.Once
	c.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	res, d := c.invite(number, offerOf(t, c.pc), headers...)
	if d == nil {
		t.Fatalf("INVITE: %d %s", res.StatusCode, res.Reason)
	}
	c.d = d
	must(t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(res.Body())}))
	select {
	case <-connected:
	case <-time.After(patience):
		t.Fatal("media did not connect")
	}
	t.Cleanup(func() {
		select {
		case <-c.stop:
		default:
			close(c.stop)
		}
		c.work.Wait()
	})
	return c
}

// track of a kind and, for video, by label.
func (c *caller) track(kind webrtc.RTPCodecType, label string) *webrtc.TrackRemote {
	c.t.Helper()
	deadline := time.After(patience)
	var others []*webrtc.TrackRemote
	defer func() {
		for _, o := range others {
			c.tracks <- o
		}
	}()
	for {
		select {
		case track := <-c.tracks:
			if track.Kind() == kind && strings.Contains(track.ID(), label) {
				return track
			}
			others = append(others, track)
		case <-deadline:
			c.t.Fatalf("%s: no %s track %q", c.user, kind, label)
		}
	}
}

// speak sends a tone until the caller is stopped or quiet is closed.
func (c *caller) speak(frequency float64, quiet <-chan struct{}) {
	adapter, err := codec.Audio("opus")
	must(c.t, err)
	encoder, err := adapter.NewEncoder(codec.AudioConfig{SampleRate: 48000, Channels: 1, Bitrate: 40000})
	must(c.t, err)
	c.work.Go(func() {
		defer encoder.Close()
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		pcm := make([]int16, 960)
		for n := 0; ; n++ {
			select {
			case <-c.stop:
				return
			case <-quiet:
				return
			case <-ticker.C:
			}
			for i := range pcm {
				pcm[i] = int16(8000 * math.Sin(2*math.Pi*frequency*float64(n*960+i)/48000))
			}
			packet, err := encoder.Encode(nil, pcm)
			if err == nil {
				_ = c.audio.WriteSample(media.Sample{Data: packet, Duration: 20 * time.Millisecond})
			}
		}
	})
}

// film sends pictures of one brightness, or of noise for 0, with key frames as asked.
func (c *caller) film(luma byte) { c.filmOn(c.video, luma, c.pc.GetSenders()[1]) }

func (c *caller) filmOn(track *webrtc.TrackLocalStaticSample, luma byte, sender *webrtc.RTPSender) {
	adapter, err := codec.Video(c.codec)
	must(c.t, err)
	encoder, err := adapter.NewEncoder(codec.VideoConfig{Width: 320, Height: 180, FrameRate: 15, Bitrate: 200000})
	must(c.t, err)
	var mu sync.Mutex
	key := false
	c.work.Go(func() {
		for {
			packets, _, err := sender.ReadRTCP()
			if err != nil {
				return
			}
			for _, packet := range packets {
				if remb, ok := packet.(*rtcp.ReceiverEstimatedMaximumBitrate); ok && c.limits != nil {
					select {
					case c.limits <- float64(remb.Bitrate):
					default:
					}
					continue
				}
				mu.Lock()
				key = true
				mu.Unlock()
			}
		}
	})
	c.t.Cleanup(func() { _ = c.pc.Close() })
	c.work.Go(func() {
		defer encoder.Close()
		ticker := time.NewTicker(time.Second / 15)
		defer ticker.Stop()
		frame := video.NewFrame(320, 180)
		for i := range frame.Y {
			frame.Y[i] = luma
		}
		for i := range frame.U {
			frame.U[i], frame.V[i] = 128, 128
		}
		for {
			select {
			case <-c.stop:
				return
			case <-ticker.C:
			}
			for i := range frame.Y {
				if luma == 0 {
					frame.Y[i] = byte(rand.Uint32())
				}
			}
			mu.Lock()
			force := key
			key = false
			mu.Unlock()
			data, _, err := encoder.Encode(nil, frame, force)
			if err == nil && len(data) > 0 {
				_ = track.WriteSample(media.Sample{Data: data, Duration: time.Second / 15})
			}
		}
	})
}

// watch decodes a video track and checks that its RTP is one stream; onFrame returns true when it has seen enough.
func (c *caller) watch(track *webrtc.TrackRemote, onFrame func(*video.Frame) bool) {
	c.t.Helper()
	name, _, _ := strings.Cut(c.codec, "/")
	adapter, err := codec.Video(name)
	must(c.t, err)
	decoder, err := adapter.NewDecoder()
	must(c.t, err)
	defer decoder.Close()
	var depacketizer rtp.Depacketizer = &codecs.VP8Packet{}
	switch name {
	case "H264":
		depacketizer = &codecs.H264Packet{}
	case "VP9":
		depacketizer = &codecs.VP9Packet{}
	case "AV1":
		depacketizer = &codecs.AV1Depacketizer{}
	}
	builder := samplebuilder.New(50, depacketizer, 90000)
	deadline := time.Now().Add(patience)
	must(c.t, track.SetReadDeadline(deadline))
	first := true
	var sequence uint16
	var timestamp uint32
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			c.t.Fatalf("%s: video: %v", c.user, err)
		}
		if !first {
			if packet.SequenceNumber != sequence+1 {
				c.t.Errorf("%s: sequence number %d after %d", c.user, packet.SequenceNumber, sequence)
			}
			if d := int32(packet.Timestamp - timestamp); d < 0 || d > 10*90000 {
				c.t.Errorf("%s: timestamp jumps by %d", c.user, d)
			}
		}
		if c.onPacket != nil {
			c.onPacket(packet)
		}
		first, sequence, timestamp = false, packet.SequenceNumber, packet.Timestamp
		builder.Push(packet)
		for sample := builder.Pop(); sample != nil; sample = builder.Pop() {
			frame, err := decoder.Decode(sample.Data)
			if err != nil {
				pli(c.pc, track)
				continue
			}
			if frame == nil {
				continue
			}
			done := onFrame(frame)
			frame.Release()
			if done {
				return
			}
		}
	}
}

// hear listens for a while and tells which of the frequencies is heard how strongly (0 to 1 of full scale).
func (c *caller) hear(track *webrtc.TrackRemote, frequencies ...float64) []float64 {
	c.t.Helper()
	adapter, err := codec.Audio("opus")
	must(c.t, err)
	decoder, err := adapter.NewDecoder(codec.AudioConfig{SampleRate: 48000, Channels: 1})
	must(c.t, err)
	defer decoder.Close()
	buffer := make([]int16, 5760)
	var heard []float64
	for len(heard) < 48000 {
		// For each packet anew: a machine that is busy with other things lets the mixer leave frames out, and a second of
		// sound takes what it takes.
		must(c.t, track.SetReadDeadline(time.Now().Add(patience)))
		packet, _, err := track.ReadRTP()
		if err != nil {
			c.t.Fatalf("%s: sound: %v, after %d samples", c.user, err, len(heard))
		}
		n, err := decoder.Decode(buffer, packet.Payload)
		must(c.t, err)
		for _, v := range buffer[:n] {
			heard = append(heard, float64(v)/32768)
		}
	}
	heard = heard[len(heard)-24000:]
	result := make([]float64, len(frequencies))
	for i, f := range frequencies {
		var re, im float64
		for n, v := range heard {
			phase := 2 * math.Pi * f * float64(n) / 48000
			re += v * math.Cos(phase)
			im += v * math.Sin(phase)
		}
		result[i] = 2 * math.Hypot(re, im) / float64(len(heard))
	}
	return result
}

func TestBotIsSeenAndHeard(t *testing.T) {
	for _, codecName := range []string{"VP8", "H264"} {
		t.Run(codecName, func(t *testing.T) {
			s, events := startServer(t, Config{Bots: 3})
			c := join(t, s, "guest", "2001", codecName)
			room := c.infoFrom("roomname")
			if value(room, "x-webrtc-enter-room") != "2001" || value(room, "x-webrtc-is-direct-p2p") != "false" ||
				value(room, "x-webrtc-participant-name") != "guest" {
				t.Errorf("roomname: %s", room)
			}
			if licence := c.infoFrom("uselic"); value(licence, "x-webrtc-use-license") != "VIDEO" {
				t.Errorf("uselic: %s", licence)
			}
			if channels := c.infoFrom("notify"); !strings.Contains(value(channels, "x-vinteo-notify"), `"cmd":"channels"`) {
				t.Errorf("channels: %s", channels)
			}
			token := value(c.infoFrom("notify"), "x-vinteo-notify")
			if !strings.Contains(token, "ConferenceParticipantTokenIssued") || !strings.Contains(token, `"conference":"2001"`) {
				t.Errorf("token: %s", token)
			}
			frames, stamped := 0, 0
			c.watch(c.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool {
				frames++
				if at, ok := stamp.Read(f); ok {
					stamped++
					if age := time.Since(at); age < 0 || age > 3*time.Second {
						t.Errorf("picture is %v old", age)
					}
				}
				return frames >= 20
			})
			if stamped < frames*3/4 {
				t.Errorf("the moment could be read in %d of %d pictures", stamped, frames)
			}
			track := c.track(webrtc.RTPCodecTypeAudio, "")
			must(t, track.SetReadDeadline(time.Now().Add(patience)))
			if _, _, err := track.ReadRTP(); err != nil {
				t.Errorf("no sound: %v", err)
			}
			events.wait(t, "speaker", nil)
			if code := c.d.bye(); code != 200 {
				t.Errorf("BYE: %d", code)
			}
			events.wait(t, "left", nil)
		})
	}
}
