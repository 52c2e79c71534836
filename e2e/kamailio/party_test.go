package kamailio

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"sync"
	"testing"

	"parley/connector"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/sip"
	_ "parley/media/codec/all"
	"parley/media/device"
	"parley/media/peer"
	"parley/media/video"
)

// party is a connector within the test: for ws, which the program does not offer, and for what the program has no flag for.
type party struct {
	user      string
	connector *connector.Connector
	stream    rtc.LocalStream
	log       log // "event data"

	once  sync.Once
	t     *testing.T
	video *device.VideoTrack
	audio *device.AudioTrack
}

// newParty connects and registers.
func newParty(ctx context.Context, t *testing.T, s *server, user string, plain bool) *party {
	t.Helper()
	p := &party{user: user, t: t}
	var err error
	p.connector, err = connector.New(connector.Config{
		Peers: peer.New(peer.Config{Loopback: true}), Dialer: sip.Dialer{}, UserAgent: "Parley test",
		InstanceID: "00000000-0000-4000-8000-00000000" + user,
		Codecs:     rtc.Codecs{Preferred: []string{"VP8"}, Excluded: []string{"H264", "VP9", "AV1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closing, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		p.close(closing)
		if t.Failed() {
			t.Logf("%s said:\n%s", user, p.log.story())
		}
	})
	p.connector.Subscribe(func(e connector.Event) {
		data, err := json.Marshal(e.Data)
		if err != nil {
			data = []byte(err.Error())
		}
		p.log.add(e.Name + " " + string(data))
	})
	if p.video, err = device.OpenVideoTrack("pattern", device.VideoOptions{Width: 320, Height: 180, FPS: 15},
		device.TrackOptions{}); err != nil {
		t.Fatal(err)
	}
	if p.audio, err = device.OpenAudioTrack("tone", device.TrackOptions{}); err != nil {
		t.Fatal(err)
	}
	p.stream = rtc.LocalStream{Audio: p.audio, Video: p.video}

	address := s.secure()
	if plain {
		address = s.plain()
	}
	err = p.connector.Connect(ctx, connector.ConnectParameters{
		SIPServerURL: address, SIPServerIP: s.Domain, DisplayName: user, Register: true, User: user,
		Password: password + user, Plain: plain, TLS: &tls.Config{InsecureSkipVerify: true},
	})
	if err != nil {
		t.Fatalf("connect %s: %v\n%s", user, err, p.log.story())
	}
	return p
}

// close says goodbye; nothing of it is left.
func (p *party) close(ctx context.Context) {
	p.once.Do(func() {
		if err := p.connector.Close(ctx); err != nil {
			p.t.Errorf("close %s: %v", p.user, err)
		}
		for _, track := range []interface {
			Stop()
			Released() <-chan struct{}
		}{p.video, p.audio} {
			track.Stop()
			<-track.Released()
		}
	})
}

// answer takes the next call.
func (p *party) answer(ctx context.Context) error {
	if err := p.log.until(ctx, "incoming-call:ringing"); err != nil {
		return err
	}
	return p.connector.Accept(ctx, p.stream)
}

func (p *party) until(ctx context.Context, texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if err := p.log.until(ctx, text); err != nil {
			p.t.Fatalf("%s: %v", p.user, err)
		}
	}
}

// again waits for the count-th line with text.
func (p *party) again(ctx context.Context, count int, text string) {
	p.t.Helper()
	if err := p.log.untilCount(ctx, text, count); err != nil {
		p.t.Fatalf("%s: %v", p.user, err)
	}
}

// shows waits until the presentation that is received shows pictures of that size.
func (p *party) shows(ctx context.Context, width, height int) {
	p.t.Helper()
	shown := make(chan struct{}, 1)
	var cancel func()
	stop := p.connector.Watch(func(s session.Snapshot) {
		track, ok := s.Streams.Contented.Video().(interface{ Frames() *video.Outlet })
		if !ok || cancel != nil {
			return
		}
		cancel = track.Frames().Tap(func(f *video.Frame) {
			if f.Width == width && f.Height == height {
				select {
				case shown <- struct{}{}:
				default:
				}
			}
		})
	})
	select {
	case <-shown:
	case <-ctx.Done():
		p.t.Errorf("%s sees no presentation of %d×%d: %+v", p.user, width, height, p.connector.Snapshot().Streams)
	}
	stop()
}

// receives waits until statistics show decoded frames and received sound.
func (p *party) receives(ctx context.Context) {
	p.t.Helper()
	collected := p.log.count("stats:collected ")
	for {
		stats, err := p.connector.Stats(ctx)
		if err != nil {
			p.t.Fatalf("%s: %v", p.user, err)
		}
		in := stats.Inbound
		if in.Video != nil && in.Audio != nil && in.Video.FramesDecoded >= 10 &&
			in.Audio.PacketsReceived >= 10 {
			return
		}
		collected++ // the connector collects each second: look again when it has
		if err := p.log.untilCount(ctx, "stats:collected ", collected); err != nil {
			p.t.Fatalf("%s receives too little: %v: %+v", p.user, err, in)
		}
	}
}
