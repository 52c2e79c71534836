package peer

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
)

// Conn is a peer connection (rtc.PeerConnection).
type Conn struct {
	config  Config
	rtc     rtc.Config
	log     *slog.Logger
	formats []format // ours, in the order of offers
	stream  string   // msid of camera and microphone

	negotiation chan struct{} // one slot: held by Offer, ApplyAnswer, Answer, Rollback, SetTrack
	closing     chan struct{}
	closeOnce   sync.Once
	closed      chan struct{}
	closeErr    error
	workers     sync.WaitGroup

	mu        sync.Mutex
	leg       *leg
	lines     []*line
	layout    []string                  // mids of the m-lines agreed or offered, in order
	foreign   map[string]*remoteSection // m-lines of the peer that we refuse
	signaling signaling
	restart   bool // the next offer must restart ICE: one that did was given up
	lastOffer struct {
		restart bool
		layout  []string     // before it
		refused refusedKinds // before it
	}
	refused    refusedKinds
	lastRemote *remoteDescription // agreed last
	peerSetup  string             // the peer's DTLS role, "active" or "passive"
	encodings  map[rtc.Slot]rtc.Encoding
	receive    payloadTypes        // of what may arrive
	own        rtc.ConnectionState // of our own leg
	state      rtc.ConnectionState // with those of m-lines apart
	rtt        time.Duration
	remb       rembClock   // housekeeping's own
	lips       lips        // likewise
	outs       []*outbound // likewise, a list to be used again
	// sendingAt is when the peer was last told what was sent; housekeeping's too.
	sendingAt time.Duration

	// Callbacks are made by one goroutine in order.
	events     chan struct{}
	queue      []func()
	onTrack    func(rtc.RemoteTrack)
	onState    func(rtc.ConnectionState)
	announced  []*RemoteTrack
	remoteList []*RemoteTrack
	streams    []*stream // that are read
}

var _ rtc.PeerConnection = (*Conn)(nil)

// signaling is W3C's signalling state, as we see it: pion cannot roll back, so its own may lag (see settle).
type signaling int

const (
	stable signaling = iota
	haveLocalOffer
	haveRemoteOffer
)

func newConn(config Config, c rtc.Config) (*Conn, error) {
	p := &Conn{
		config: config, rtc: c, log: config.logger(), formats: localFormats(c.Codecs), stream: rand.Text(),
		negotiation: make(chan struct{}, 1), closing: make(chan struct{}), closed: make(chan struct{}),
		foreign: map[string]*remoteSection{}, encodings: map[rtc.Slot]rtc.Encoding{},
		own: rtc.StateNew, state: rtc.StateNew, events: make(chan struct{}, 1),
	}
	if len(p.formats) == 0 {
		return nil, fmt.Errorf("%w: all codecs are excluded", ErrNoCommonCodec)
	}
	if err := p.newLeg(); err != nil {
		return nil, err
	}
	p.makeLines()
	if err := p.addLines(); err != nil {
		_ = p.Close()
		return nil, err
	}
	p.workers.Add(2)
	go p.deliver()
	go p.housekeeping()
	return p, nil
}

func (p *Conn) newLeg() error {
	l, err := newLeg(&p.config, p.rtc.ICEServers, p.formats)
	if err != nil {
		return err
	}
	l.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) { p.changeState(l, s) })
	l.arrivals.repaired = p.repaired
	l.pc.OnTrack(func(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) { p.attach(t, r) })
	p.mu.Lock()
	p.leg = l
	p.mu.Unlock()
	return nil
}

// makeLines makes the m-lines of the configuration, in the order of the offer.
func (p *Conn) makeLines() {
	if o := p.config.apart; o != nil {
		l := &line{kind: o.kind, slot: o.slot, want: o.want}
		if o.sends {
			p.equip(l)
		}
		p.lines = append(p.lines, l)
		return
	}
	if p.rtc.ReceiveAudio > 0 || p.rtc.ReceiveVideo > 0 {
		for i := range p.rtc.ReceiveAudio + p.rtc.ReceiveVideo {
			kind := rtc.Audio
			if i >= p.rtc.ReceiveAudio {
				kind = rtc.Video
			}
			p.lines = append(p.lines, &line{kind: kind, want: recvOnly})
		}
		return
	}
	for _, kind := range []rtc.Kind{rtc.Audio, rtc.Video} {
		if !p.hasKind(kind) {
			continue
		}
		l := &line{kind: kind, want: sendRecv, slot: rtc.SlotAudio}
		if kind == rtc.Video {
			l.slot = rtc.SlotMain
		}
		p.equip(l)
		p.lines = append(p.lines, l)
	}
}

func (p *Conn) hasKind(kind rtc.Kind) bool {
	for _, f := range p.formats {
		if f.kind == kind {
			return true
		}
	}
	return false
}

// equip gives a line its sending half.
func (p *Conn) equip(l *line) {
	stream, id := p.stream, string(l.kind)+"-"+rand.Text()[:8]
	if l.slot == rtc.SlotPresentation {
		// The peer tells a presentation by a label with "dual" in it.
		stream, id = rand.Text(), "dual-"+rand.Text()[:8]
	}
	out := newOutbound(l.kind, stream, id)
	s := &sending{out: out}
	out.preferred = func(offered []webrtc.RTPCodecParameters) webrtc.RTPCodecParameters {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, x := range p.lines {
			if x.sending == s {
				return x.prefer(offered)
			}
		}
		return l.prefer(offered)
	}
	ready := func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.own == rtc.StateConnected && p.state != rtc.StateClosed
	}
	if l.kind == rtc.Audio {
		s.audio = newAudioSender(out, p.log)
		s.audio.ready = ready
		s.audio.unopened.tell = p.tellsOf(CodecFailure{Slot: l.slot})
		p.work(s.audio.run)
	} else {
		s.video = newVideoSender(out, p.log)
		s.video.ready = ready
		s.video.unopened.tell = p.tellsOf(CodecFailure{Slot: l.slot})
		s.video.budget = func() float64 { return p.budget(l.slot) }
		s.video.instead = func(name string) *format {
			p.mu.Lock()
			defer p.mu.Unlock()
			return l.doWithout(name)
		}
		s.video.full = p.sendingFull
		s.video.limitW, s.video.limitH = p.rtc.MaxWidth, p.rtc.MaxHeight
		if l.slot == rtc.SlotPresentation {
			s.video.screen, s.video.fixed = true, bitratePresentation
		} else if limit := float64(p.rtc.MaxBitrate); limit > 0 {
			s.video.budget = func() float64 { return min(limit, p.budget(l.slot)) }
		}
		s.video.encoding = p.Encoding(l.slot)
		p.work(s.video.run)
	}
	l.sending = s
}

// work runs fn on a goroutine that Close waits for; not any more once the connection is closed.
func (p *Conn) work(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state == rtc.StateClosed {
		return
	}
	p.workers.Add(1)
	go func() {
		defer p.workers.Done()
		fn()
	}()
}

// addLines gives pion a transceiver for each line that has none.
func (p *Conn) addLines() error {
	for _, l := range p.lines {
		if l.transceiver != nil || l.fixedMID != "" && l.sending == nil {
			continue
		}
		t, err := p.addTransceiver(l)
		if err != nil {
			return err
		}
		p.mu.Lock()
		l.transceiver = t
		p.mu.Unlock()
	}
	return nil
}

func (p *Conn) addTransceiver(l *line) (*webrtc.RTPTransceiver, error) {
	if l.sending != nil {
		init := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv}
		if o := p.config.apart; o != nil && o.ssrc != 0 {
			init.SendEncodings = []webrtc.RTPEncodingParameters{{
				RTPCodingParameters: webrtc.RTPCodingParameters{SSRC: webrtc.SSRC(o.ssrc)}}}
		}
		t, err := p.leg.pc.AddTransceiverFromTrack(l.sending.out, init)
		if err != nil {
			return nil, fmt.Errorf("adding the %s m-line: %w", l.kind, err)
		}
		return t, nil
	}
	kind := webrtc.RTPCodecTypeAudio
	if l.kind == rtc.Video {
		kind = webrtc.RTPCodecTypeVideo
	}
	t, err := p.leg.pc.AddTransceiverFromKind(kind,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		return nil, fmt.Errorf("adding the %s m-line: %w", l.kind, err)
	}
	return t, nil
}

func containsTrack(list []*RemoteTrack, t *RemoteTrack) bool {
	for _, x := range list {
		if x == t {
			return true
		}
	}
	return false
}

// writeRTCP sends feedback; a transport that is not there yet or any more loses it.
func (p *Conn) writeRTCP(packets ...rtcp.Packet) {
	p.mu.Lock()
	l := p.leg
	p.mu.Unlock()
	if _, err := l.arrivals.feedback.Write(packets, nil); err != nil {
		p.log.Debug("RTCP is not sent", "error", err)
	}
}

// Close ends everything and waits for it. Remote tracks end; the state becomes closed. Idempotent.
func (p *Conn) Close() error {
	p.closeOnce.Do(func() {
		p.mu.Lock()
		p.state = rtc.StateClosed
		fn := p.onState
		p.mu.Unlock()
		if fn != nil {
			p.post(func() { fn(rtc.StateClosed) })
		}
		close(p.closing)
		p.closeErr = p.teardown()
		close(p.closed)
	})
	<-p.closed
	return p.closeErr
}

func (p *Conn) teardown() error {
	p.negotiation <- struct{}{} // no negotiation runs any more: each of them ends with closing
	p.mu.Lock()
	lines, leg := p.lines, p.leg
	p.mu.Unlock()
	for _, l := range lines {
		if l.sending != nil {
			l.sending.close()
		}
		if l.apart != nil {
			_ = l.apart.Close()
		}
	}
	var err error
	if leg != nil {
		err = leg.close()
	}
	for _, l := range lines {
		p.endRemote(l)
	}
	p.workers.Wait()
	return err
}

func (s *sending) close() {
	if s.audio != nil {
		s.audio.close()
	}
	if s.video != nil {
		s.video.close()
	}
}

func (l *leg) close() error {
	err := l.pc.GracefulClose()
	if l.estimator != nil {
		_ = l.estimator.pacer.Close()
	}
	if errors.Is(err, webrtc.ErrConnectionClosed) {
		return nil
	}
	return err
}
