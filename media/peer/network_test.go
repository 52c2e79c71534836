package peer

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pion/transport/v5/vnet"

	"parley/connector/rtc"
	"parley/media/pionlog"
)

// network is two machines and what goes between them.
type network struct {
	a, b       *vnet.Net
	bottleneck *vnet.TBFQueue

	mu      sync.Mutex
	drop    func(from string, packet []byte) bool
	packets []wirePacket // RTP from a to b
}

// wirePacket is an RTP header as seen on the wire: SRTP leaves headers in the clear.
type wirePacket struct {
	sequence  uint16
	timestamp uint32
	ssrc      uint32
	pt        uint8
	marker    bool
	at        time.Time
}

func newNetwork(t testing.TB) *network { return newNarrowNetwork(t, 0) }

// networkMu: vnet counts its addresses without a lock.
var networkMu sync.Mutex

// newNarrowNetwork is one whose way to b carries so many bit/s, with a queue of 300 ms before it; 0: as many as come.
func newNarrowNetwork(t testing.TB, bitrate int) *network {
	t.Helper()
	networkMu.Lock()
	defer networkMu.Unlock()
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/24", LoggerFactory: pionlog.Loggers{Log: testConfig(t).Logger}})
	if err != nil {
		t.Fatal(err)
	}
	n := &network{}
	for i, ip := range []string{"10.0.0.1", "10.0.0.2"} {
		nic, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{ip}})
		if err != nil {
			t.Fatal(err)
		}
		var port vnet.NIC = nic
		if i == 1 && bitrate > 0 {
			n.bottleneck = vnet.NewTBFQueue(bitrate, 2000, int64(bitrate*3/10/8))
			queue, err := vnet.NewQueue(nic, n.bottleneck)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = queue.Close() })
			port = queue
		}
		if err := router.AddNet(port); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			n.a = nic
		} else {
			n.b = nic
		}
	}
	router.AddChunkFilter(func(c vnet.Chunk) bool { return n.pass(c) })
	if err := router.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := router.Stop(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func (n *network) pass(c vnet.Chunk) bool {
	b := c.UserData()
	from := "a"
	if c.SourceAddr().String()[:8] == "10.0.0.2" {
		from = "b"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	rtp := len(b) >= 12 && b[0]>>6 == 2 && !isRTCP(b)
	if rtp && from == "a" {
		n.packets = append(n.packets, wirePacket{
			sequence: binary.BigEndian.Uint16(b[2:]), timestamp: binary.BigEndian.Uint32(b[4:]),
			ssrc: binary.BigEndian.Uint32(b[8:]), pt: b[1] & 0x7f, marker: b[1]&0x80 != 0, at: time.Now(),
		})
	}
	return n.drop == nil || !n.drop(from, b)
}

func isRTCP(b []byte) bool { return b[1] >= 192 && b[1] <= 223 }

func (n *network) setDrop(fn func(from string, packet []byte) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop = fn
}

// seen returns the packets of a source so far.
func (n *network) seen(ssrc uint32) []wirePacket {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []wirePacket
	for _, p := range n.packets {
		if p.ssrc == ssrc {
			list = append(list, p)
		}
	}
	return list
}

func (n *network) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.packets)
}

func networkConfig(t testing.TB, nic *vnet.Net) Config {
	c := testConfig(t)
	c.Loopback, c.IPFilter, c.Net = false, nil, nic
	return c
}

// networkCall connects a (with a camera) and b over a network.
func networkCall(t testing.TB, n *network, c rtc.Config) (a, b *Conn, cam *patternTrack) {
	t.Helper()
	a, b = newTestConn(t, networkConfig(t, n.a), c), newTestConn(t, networkConfig(t, n.b), rtc.Config{})
	cam = newPattern(t, "cam", 320, 180, 30, 60)
	if _, err := a.SetTrack(rtc.SlotMain, cam); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	return a, b, cam
}

func outboundSSRC(t testing.TB, pc *Conn, slot rtc.Slot) uint32 {
	t.Helper()
	pc.mu.Lock()
	defer pc.mu.Unlock()
	l := pc.slotLine(slot)
	if l == nil {
		t.Fatal("no line")
	}
	ssrc, _, _, _, _ := l.sending.out.counters()
	return ssrc
}

func TestStreamGoesOnAcrossMuteAndSwap(t *testing.T) {
	n := newNetwork(t)
	a, b, cam := networkCall(t, n, rtc.Config{})
	r := remoteVideo(t, b, 0)
	nextFrames(t, r, 15, 10*time.Second).Release()

	cam.SetEnabled(false)
	eventually(t, "silence while the camera is off", 5*time.Second, func() bool {
		before := n.count()
		time.Sleep(300 * time.Millisecond)
		return n.count() == before
	})
	cam.SetEnabled(true)
	nextFrames(t, r, 15, 5*time.Second).Release()

	if again, err := a.SetTrack(rtc.SlotMain, nil); err != nil || again {
		t.Fatalf("taking the track away: %v, renegotiate %v", err, again)
	}
	other := newPattern(t, "other", 480, 270, 30, 180)
	if again, err := a.SetTrack(rtc.SlotMain, other); err != nil || again {
		t.Fatalf("another track: %v, renegotiate %v", err, again)
	}
	eventually(t, "the other picture", 5*time.Second, func() bool {
		f, _ := r.Frames().Newest()
		if f == nil {
			return false
		}
		defer f.Release()
		return f.Width == 480 && f.Height == 270 && shadeOf(f) > 170
	})

	list := n.seen(outboundSSRC(t, a, rtc.SlotMain))
	if len(list) < 20 {
		t.Fatalf("only %d packets", len(list))
	}
	for i, p := range list[1:] {
		before := list[i]
		if p.sequence != before.sequence+1 {
			t.Fatalf("packet %d: sequence %d after %d", i, p.sequence, before.sequence)
		}
		if d := int32(p.timestamp - before.timestamp); d < 0 {
			t.Fatalf("packet %d: timestamp went back by %d", i, -d)
		}
		if before.marker == (p.timestamp == before.timestamp) {
			t.Fatalf("packet %d: marker %v, timestamps %d %d", i, before.marker, before.timestamp, p.timestamp)
		}
	}
	// The pause shows in the timestamps: they follow the clock.
	first, last := list[0], list[len(list)-1]
	wire := last.at.Sub(first.at).Seconds()
	media := float64(last.timestamp-first.timestamp) / 90000
	if media < wire-0.3 || media > wire+0.3 {
		t.Errorf("%.2f s of timestamps in %.2f s", media, wire)
	}
}

func TestLossIsRepaired(t *testing.T) {
	for _, name := range []string{"VP8", "H264"} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t)
			random := rand.New(rand.NewPCG(1, 2))
			n.setDrop(func(_ string, b []byte) bool {
				return len(b) >= 12 && b[0]>>6 == 2 && random.IntN(20) == 0 // 5 % of RTP and RTCP both ways
			})
			a, b, _ := networkCall(t, n, rtc.Config{Codecs: rtc.Codecs{Preferred: []string{name}}})
			r := remoteVideo(t, b, 0)
			nextFrames(t, r, 100, 10*time.Second).Release()
			s, err := b.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			in := s.Inbound.Video
			if in.NACKCount == 0 || in.RetransmittedReceived == 0 {
				t.Errorf("NACKs %d, repaired %d", in.NACKCount, in.RetransmittedReceived)
			}
			if in.FramesDecoded < 100 {
				t.Errorf("%d frames decoded of %d", in.FramesDecoded, in.FramesReceived)
			}
			if in.FramesDropped > 20 || in.PLICount > 3 {
				t.Errorf("%d frames dropped, %d key frames asked for", in.FramesDropped, in.PLICount)
			}
			out, err := a.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if out.Outbound.Video.RetransmittedPacket == 0 || out.Outbound.Video.NACKCount == 0 {
				t.Errorf("outbound %+v", out.Outbound.Video)
			}
		})
	}
}

func TestBlackoutEndsWithAKeyFrame(t *testing.T) {
	n := newNetwork(t)
	_, b, _ := networkCall(t, n, rtc.Config{})
	r := remoteVideo(t, b, 0)
	nextFrames(t, r, 5, 10*time.Second).Release()
	n.setDrop(func(string, []byte) bool { return true })
	eventually(t, "muted", 5*time.Second, r.Muted)
	n.setDrop(nil)
	began := time.Now()
	nextFrames(t, r, 3, 5*time.Second).Release()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("picture back after %v", took)
	}
	s, err := b.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Inbound.Video.FreezeCount == 0 || s.Inbound.Video.FreezesDuration < 1.5 {
		t.Errorf("freezes %d, %.1f s", s.Inbound.Video.FreezeCount, s.Inbound.Video.FreezesDuration)
	}
}
