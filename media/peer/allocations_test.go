package peer

import (
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
	"parley/media/audio"
	"parley/media/video"
)

// wire takes packets as pion's transport would.
type wire struct{ packets int }

func (w *wire) Write(*rtp.Header, []byte, interceptor.Attributes) (int, error) {
	w.packets++
	return 0, nil
}

// chain is the interceptors of a leg before a wire.
type chain struct {
	estimator *estimator
	repairer  *repairer
	writer    interceptor.RTPWriter
}

func newChain(t *testing.T, w interceptor.RTPWriter, kind string) *chain {
	c := &chain{estimator: newEstimator(), repairer: newRepairer()}
	c.repairer.rate = func() float64 { return 1e9 } // the test asks more often than a peer does
	info := &interceptor.StreamInfo{SSRC: 1, SSRCRetransmission: 2, PayloadTypeRetransmission: 97, MimeType: kind + "/X",
		RTCPFeedback:        []interceptor.RTCPFeedback{{Type: "nack"}},
		RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: transportCC, ID: 3}, {URI: absSendTime, ID: 4}}}
	c.writer = c.repairer.BindLocalStream(info, c.estimator.BindLocalStream(info, w))
	c.estimator.pacer.setTarget(maxBitrate, false)
	t.Cleanup(func() { _ = c.estimator.Close() })
	return c
}

// WriteRTP and Write as webrtc.TrackLocalWriter.
func (c *chain) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	return c.writer.Write(h, payload, nil)
}
func (c *chain) Write([]byte) (int, error) { return 0, nil }

var _ webrtc.TrackLocalWriter = (*chain)(nil)

func newWiredOutbound(t *testing.T, kind rtc.Kind, w interceptor.RTPWriter) (*outbound, *chain) {
	o, c := newOutbound(kind, "s", "t"), newChain(t, w, string(kind))
	o.writer, o.ssrc = c, 1
	return o, c
}

// A packet goes from the packetizer to the wire, is asked for once more, repaired, and its arrival reported.
func TestSendingVideoDoesNotAllocate(t *testing.T) {
	o, c := newWiredOutbound(t, rtc.Video, &wire{})
	frame := make([]byte, 3000)
	packets := newPacketizer(format{name: "VP8"})
	at := uint32(0)
	emit := func(payload []byte, last bool) { o.write(payload, 96, at, last) }
	nack := &rtcp.TransportLayerNack{MediaSSRC: 1, Nacks: []rtcp.NackPair{{}}}
	number := uint16(0)
	feedback := []byte{0x8f, 205, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 1, 0, 0x20, 2, 4, 4}
	step := func() {
		at += 3000
		packets.packetize(frame, false, emit)
		nack.Nacks[0].PacketID = uint16(o.sequence - 1)
		c.repairer.answer(nack, time.Millisecond)
		number += 4
		feedback[12], feedback[13], feedback[18] = byte(number>>8), byte(number), feedback[18]+1
		c.estimator.readFeedback(feedback)
	}
	for range 500 {
		step()
	}
	if n := testing.AllocsPerRun(500, step); n >= 1 && !raceDetector {
		t.Errorf("%v allocations a frame", n)
	}
	if repaired := c.estimator.pacer.total(2).packets; repaired < 100 {
		t.Errorf("%d packets were repaired", repaired)
	}
	if !c.estimator.feedback {
		t.Error("the feedback was not understood")
	}
}

func TestReceivingVideoDoesNotAllocate(t *testing.T) {
	v, a := testReceiver(), newArrivals()
	defer v.letGo()
	h := rtp.Header{Version: 2, SSRC: 1, Extension: true, ExtensionProfile: 0xbede}
	_ = h.SetExtension(3, []byte{0, 0})
	_ = h.SetExtension(4, []byte{0, 0, 0})
	b, err := h.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	reader := a.BindRemoteStream(&interceptor.StreamInfo{SSRC: 1, MimeType: "video/VP8", ClockRate: 90000,
		RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: transportCC, ID: 3}, {URI: absSendTime, ID: 4}}},
		interceptor.RTPReaderFunc(func(to []byte, at interceptor.Attributes) (int, interceptor.Attributes, error) {
			return copy(to, b), at, nil
		}))
	buffer, n := make([]byte, 1500), 0
	step := func() {
		b[2], b[3] = byte(n>>8), byte(n)
		if _, _, err := reader.Read(buffer, nil); err != nil {
			t.Fatal(err)
		}
		at := time.Duration(n)*time.Millisecond - time.Minute // due long ago
		pushFrame(v, n, at+time.Hour, at, n == 0)
		v.step()
		n++
	}
	for range 2000 {
		step()
	}
	if got := testing.AllocsPerRun(1000, step); got >= 1 && !raceDetector {
		t.Errorf("%v allocations a frame", got)
	}
	if v.stats.framesDecoded < 2500 {
		t.Errorf("%d frames decoded", v.stats.framesDecoded)
	}
}

func TestSendingSoundDoesNotAllocate(t *testing.T) {
	w := &wire{}
	o, _ := newWiredOutbound(t, rtc.Audio, w)
	a := newAudioSender(o, slog.New(slog.DiscardHandler))
	a.ready = func() bool { return true }
	track := &toneTrack{fakeTrack: fakeTrack{kind: rtc.Audio, enabled: true, ended: make(chan struct{})}, taps: map[int]func([]int16, int){}}
	a.format, a.track = &format{name: "opus", kind: rtc.Audio, clock: 48000, channels: 2, pt: 111}, track
	pcm := make([]int16, audio.FrameSamples)
	for i := range pcm {
		pcm[i] = int16(i * 50)
	}
	step := func() {
		a.offer(track, pcm, 1)
		a.offer(track, pcm, 1)
		a.next()
	}
	for range 100 {
		step()
	}
	before := w.packets
	if n := testing.AllocsPerRun(200, step); n >= 1 && !raceDetector {
		t.Errorf("%v allocations a packet", n)
	}
	if w.packets-before < 200 {
		t.Errorf("%d packets sent", w.packets-before)
	}
	a.closeEncoder()
}

func TestReceivingSoundDoesNotAllocate(t *testing.T) {
	// Packets of the real encoder, so that the decoder works as it does in a call.
	var sent [][]byte
	o, _ := newWiredOutbound(t, rtc.Audio, interceptor.RTPWriterFunc(func(_ *rtp.Header, payload []byte, _ interceptor.Attributes) (int, error) {
		sent = append(sent, append([]byte(nil), payload...))
		return 0, nil
	}))
	s := newAudioSender(o, slog.New(slog.DiscardHandler))
	s.ready = func() bool { return true }
	track := &toneTrack{fakeTrack: fakeTrack{kind: rtc.Audio, enabled: true, ended: make(chan struct{})}}
	s.format, s.track = &format{name: "opus", kind: rtc.Audio, clock: 48000, channels: 2, pt: 111}, track
	pcm := make([]int16, audio.FrameSamples)
	for range 40 {
		for i := range pcm {
			pcm[i] = int16((i * 7919) % 9000)
		}
		s.offer(track, pcm, 1)
		s.next()
	}
	s.closeEncoder()

	out := newSpeaker()
	r := &audioReceiver{track: &RemoteTrack{}, log: slog.New(slog.DiscardHandler), output: out,
		format: func(uint8) (format, bool) {
			return format{name: "opus", kind: rtc.Audio, clock: 48000, channels: 2, pt: 111}, true
		}}
	defer r.close()
	n, frame := 0, make([]int16, 2*audio.FrameSamples)
	step := func() {
		p := newPacket()
		p.sequence, p.timestamp, p.pt, p.arrived = int64(uint16(n)), uint32(n*960), 111, video.Now()
		p.payload = append(p.buffer[:0], sent[n%len(sent)]...)
		r.push(p, len(p.payload)+12, 1)
		for range 2 {
			r.buffer.Read(frame)
		}
		n++
	}
	for range 600 {
		step()
	}
	if got := testing.AllocsPerRun(500, step); got >= 1 && !raceDetector {
		t.Errorf("%v allocations a packet", got)
	}
}

// A whole call, both ends in one process: what is left is periodic and not for a frame or a packet: pion's RTCP, ten
// times a second, and its ICE checks.
func TestWholeCallHardlyAllocates(t *testing.T) {
	if raceDetector || testing.Short() {
		t.Skip("the race detector allocates")
	}
	out := newSpeaker()
	config := testConfig(t)
	config.Output = out
	a, b := newTestConn(t, config, rtc.Config{}), newTestConn(t, config, rtc.Config{})
	for _, pc := range []*Conn{a, b} {
		if _, err := pc.SetTrack(rtc.SlotMain, newPattern(t, "cam", 160, 90, 60, 90)); err != nil {
			t.Fatal(err)
		}
		if _, err := pc.SetTrack(rtc.SlotAudio, newTone(t, "tone", 440)); err != nil {
			t.Fatal(err)
		}
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	out.play(3 * time.Second)
	count := func() (mallocs, units uint64) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		for _, pc := range []*Conn{a, b} {
			s, err := pc.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			units += s.Inbound.Video.FramesDecoded + s.Inbound.Audio.PacketsReceived
		}
		return m.Mallocs, units
	}
	m0, u0 := count()
	out.play(5 * time.Second)
	m1, u1 := count()
	perUnit := float64(m1-m0) / float64(u1-u0)
	t.Logf("%.2f allocations for a frame or packet, %d of them", perUnit, u1-u0)
	if perUnit > 4 {
		t.Errorf("%.1f allocations for a frame or packet received", perUnit)
	}
}
