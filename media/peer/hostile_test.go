package peer

import (
	"math/rand/v2"
	"testing"
	"time"

	"parley/connector/rtc"
	"parley/media/video"
)

// A peer that sends garbage in well-formed RTP: nothing breaks, and the picture is there again after it.
func TestGarbagePayloads(t *testing.T) {
	for _, name := range []string{"VP8", "VP9", "H264", "AV1"} {
		t.Run(name, func(t *testing.T) {
			a, b, _ := call(t, rtc.Config{Codecs: rtc.Codecs{Preferred: []string{name}}}, rtc.Config{})
			if _, err := a.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
				t.Fatal(err)
			}
			r := remoteVideo(t, b, 0)
			nextFrames(t, r, 3, 10*time.Second).Release()
			a.mu.Lock()
			picture, sound := a.slotLine(rtc.SlotMain), a.slotLine(rtc.SlotAudio)
			var pts []uint8
			for _, f := range picture.section.formats {
				pts = append(pts, f.pt, f.rtx)
			}
			opus := sound.section.formats[0].pt
			a.mu.Unlock()
			random := rand.New(rand.NewPCG(3, 4))
			for i := range 3000 {
				payload := make([]byte, random.IntN(200))
				for j := range payload {
					payload[j] = byte(random.Uint32())
				}
				at := picture.sending.out.timestamp(video.Now(), 90000)
				picture.sending.out.write(payload, pts[random.IntN(len(pts))], at, random.IntN(3) == 0)
				if i%10 == 0 {
					sound.sending.out.write(payload, opus, random.Uint32(), false)
				}
			}
			nextFrames(t, r, 10, 10*time.Second).Release()
		})
	}
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0x90, 0x80, 0x80, 1, 9})
	f.Add([]byte{0xb0, 102, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 0x7c, 0x85, 1, 2, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > packetSize {
			return
		}
		p := newPacket()
		defer p.free()
		copy(p.buffer[:], data)
		if _, ok := p.parse(len(data)); !ok {
			return
		}
		for _, name := range []string{"VP8", "VP9", "H264", "AV1"} {
			d := newDepacketizer(name)
			d.reset()
			var out []byte
			for range 2 { // the second begins in the state the first left
				var err error
				if out, err = d.append(out, p.payload); err != nil {
					break
				}
			}
		}
	})
}
