package roomserver

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"parley/media/codec"
	"parley/media/video"
)

func TestVP9GoesOnOverASwitch(t *testing.T) {
	s, events := startServer(t, Config{Bots: 2, Codec: "VP9"})
	c := join(t, s, "guest", "2001", "VP9")
	var last uint32
	var picture uint16
	pictures := 0
	c.onPacket = func(p *rtp.Packet) {
		var head codecs.VP9Packet
		if _, err := head.Unmarshal(p.Payload); err != nil || !head.I {
			t.Errorf("% x: %v", p.Payload[:min(8, len(p.Payload))], err)
			return
		}
		if pictures > 0 && p.Timestamp != last && head.PictureID != (picture+1)&0x7fff {
			t.Errorf("picture %d after %d", head.PictureID, picture)
		}
		pictures, last, picture = pictures+1, p.Timestamp, head.PictureID
	}
	c.watchASwitch()
	events.wait(t, "shown", func(d map[string]any) bool { return d["source"] == "bot-2" })
}

func TestAV1GoesOnOverASwitch(t *testing.T) {
	s, events := startServer(t, Config{Bots: 2, Codec: "AV1"})
	c := join(t, s, "guest", "2001", "AV1")
	begins := 0
	c.onPacket = func(p *rtp.Packet) {
		if len(p.Payload) > 0 && p.Payload[0]&0x08 != 0 { // N: a coded video sequence
			begins++
		}
	}
	c.watchASwitch()
	if begins < 2 {
		t.Errorf("%d key frames for two senders", begins)
	}
	events.wait(t, "shown", func(d map[string]any) bool { return d["source"] == "bot-2" })
}

// watchASwitch watches until two bots were seen one after the other.
func (c *caller) watchASwitch() {
	c.t.Helper()
	decoded, switches := 0, 0
	left, right := -1000, -1000
	deadline := time.Now().Add(patience)
	c.watch(c.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool {
		decoded++
		// The bots' bars have different colours, the left one and the right one; the ball hides one of them at most.
		bar := func(x int) int { return int(f.U[f.Height/4*f.StrideUV+x*f.Width/32]) }
		if l, r := bar(1), bar(15); abs(l-left) > 20 && abs(r-right) > 20 {
			left, right = l, r
			switches++
		}
		return switches >= 2 && decoded > 30 || time.Now().After(deadline)
	})
	if switches < 2 {
		c.t.Errorf("%d pictures, never of another bot", decoded)
	}
}

func TestH264InSingleUnits(t *testing.T) {
	s, _ := startServer(t, Config{Bots: 1})
	c := join(t, s, "guest", "2001", "H264/0")
	if licence := c.infoFrom("uselic"); value(licence, "x-webrtc-use-license") != "VIDEO" {
		t.Errorf("uselic: %s", licence)
	}
	c.onPacket = func(p *rtp.Packet) {
		if len(p.Payload) > 0 {
			if kind := p.Payload[0] & 0x1f; kind == 0 || kind > 23 { // RFC 6184 5.6: single NAL units only
				t.Errorf("packet of type %d", kind)
			}
		}
	}
	frames := 0
	c.watch(c.track(webrtc.RTPCodecTypeVideo, "main"), func(f *video.Frame) bool {
		if stamped(f) {
			frames++
		}
		return frames >= 10
	})
}

// TestTelephone joins peers that know no sound but G722, PCMU or PCMA.
func TestTelephone(t *testing.T) {
	for mime, pt := range map[string]webrtc.PayloadType{webrtc.MimeTypeG722: 9, webrtc.MimeTypePCMU: 0, webrtc.MimeTypePCMA: 8} {
		t.Run(mime[6:], func(t *testing.T) {
			s, _ := startServer(t, Config{})
			a := join(t, s, "ann", "2340", "VP8")
			a.speak(440, nil)
			engine := &webrtc.MediaEngine{}
			capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 8000}
			must(t, engine.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capability, PayloadType: pt}, webrtc.RTPCodecTypeAudio))
			pc := loopbackPC(t, engine)
			voice, err := webrtc.NewTrackLocalStaticSample(capability, "mic", "local")
			must(t, err)
			_, err = pc.AddTrack(voice)
			must(t, err)
			tracks := make(chan *webrtc.TrackRemote, 1)
			pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { tracks <- track })
			phone := dial(t, s, "phone", "")
			res, d := phone.invite("2340", offerOf(t, pc))
			if d == nil {
				t.Fatalf("INVITE: %d", res.StatusCode)
			}
			must(t, pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(res.Body())}))
			adapter, err := codec.Audio(mime[6:])
			must(t, err)
			rate := 8000
			if mime == webrtc.MimeTypeG722 {
				rate = 16000 // twice what its timestamps count
			}
			config := codec.AudioConfig{SampleRate: rate, Channels: 1}
			decoder, err := adapter.NewDecoder(config)
			must(t, err)
			encoder, err := adapter.NewEncoder(config)
			must(t, err)

			track := <-tracks
			var heard []float64
			for len(heard) < rate {
				must(t, track.SetReadDeadline(time.Now().Add(patience))) // for each packet anew: the mixer may be late
				packet, _, err := track.ReadRTP()
				must(t, err)
				pcm := make([]int16, 2000)
				n, err := decoder.Decode(pcm, packet.Payload)
				must(t, err)
				for _, v := range pcm[:n] {
					heard = append(heard, float64(v)/32768)
				}
			}
			if got := strength(heard[rate/2:], 440, float64(rate)); got < 0.05 {
				t.Errorf("the telephone hears %.3f", got)
			}
			a.work.Go(func() { // the telephone speaks
				ticker := time.NewTicker(20 * time.Millisecond)
				defer ticker.Stop()
				pcm := make([]int16, rate/50)
				for n := 0; ; n++ {
					select {
					case <-a.stop:
						return
					case <-ticker.C:
					}
					for i := range pcm {
						pcm[i] = int16(8000 * math.Sin(2*math.Pi*1000*float64(n*len(pcm)+i)/float64(rate)))
					}
					coded, _ := encoder.Encode(nil, pcm)
					_ = voice.WriteSample(media.Sample{Data: coded, Duration: 20 * time.Millisecond})
				}
			})
			sound := a.track(webrtc.RTPCodecTypeAudio, "")
			deadline := time.Now().Add(patience)
			for {
				got := a.hear(sound, 440, 1000)
				if got[1] >= 0.05 {
					if got[0] > 0.02 {
						t.Errorf("ann hears herself: %.3f", got)
					}
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("ann hears %.3f", got)
				}
			}
		})
	}
}

// strength of a frequency in sound, 0 to 1 of full scale.
func strength(heard []float64, frequency, rate float64) float64 {
	var re, im float64
	for n, v := range heard {
		phase := 2 * math.Pi * frequency * float64(n) / rate
		re += v * math.Cos(phase)
		im += v * math.Sin(phase)
	}
	return 2 * math.Hypot(re, im) / float64(len(heard))
}

func abs(v int) int { return max(v, -v) }
