package scenarios

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"parley/connector"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/sip"
	_ "parley/media/codec/all"
	"parley/media/device"
	"parley/media/peer"
)

// options of a party; the zero value is a registered one with short times.
type options struct {
	guest    bool
	password string // the right one when empty
	server   string // host:port, the stage's when empty
	connect  func(*connector.ConnectParameters)
	config   func(*connector.Config)
	peers    func(*peer.Config)
	dialer   func(*sip.Dialer)
	width    int // of the camera, pixels; 320 when 0
	height   int
	noisy    bool // the camera's picture takes all bits that it gets
	silent   bool // no microphone
	manually bool // is not connected by newParty
}

// party is somebody with a connector, a camera and a microphone.
type party struct {
	*connector.Connector
	t      *testing.T
	ctx    context.Context
	user   string
	colour colour
	stream rtc.LocalStream
	at     connector.ConnectParameters
	log    *record
	main   *viewer // the main stream's pictures
	shared *viewer // the presentation's

	once    sync.Once
	unwatch func()
}

var colours = map[string]colour{ann: annColour, ben: benColour, cleo: cleoColour}

// quick is how parties of these tests find out that their media is gone, and come back: as in life, but sooner.
const (
	mediaDisconnected = 700 * time.Millisecond
	mediaFailed       = 1300 * time.Millisecond
	recoveryMin       = 100 * time.Millisecond
	recoveryMax       = 300 * time.Millisecond
)

// newParty makes a party and connects it.
func (s *stage) newParty(user string, o options) *party {
	s.t.Helper()
	p := &party{t: s.t, ctx: s.ctx, user: user, colour: colours[user], log: newRecord(), main: newViewer(), shared: newViewer()}
	transport := &http.Transport{TLSClientConfig: s.tls(), DisableKeepAlives: true}
	media := peer.Config{Loopback: true, Disconnected: 5 * time.Second, Logger: slog.New(slog.DiscardHandler)}
	if o.peers != nil {
		o.peers(&media)
	}
	dialer := sip.Dialer{}
	if o.dialer != nil {
		o.dialer(&dialer)
	}
	config := connector.Config{
		Peers: peer.New(media), Dialer: dialer, HTTP: &http.Client{Transport: transport}, UserAgent: "Parley test",
		InstanceID: "00000000-0000-4000-8000-0000000000" + string("abcdefghij"[p.colour]) + "0",
		Redial:     redial.Options{Delays: &redial.Delays{Base: 200, Max: 1000, Factor: 2, Jitter: redial.JitterEqual}},
	}
	if o.config != nil {
		o.config(&config)
	}
	made, err := connector.New(config)
	if err != nil {
		s.t.Fatal(err)
	}
	p.Connector = made
	s.t.Cleanup(func() {
		p.leave()
		if s.t.Failed() {
			s.t.Logf("%s's events:\n%s", user, p.log.story())
		}
	})
	p.Subscribe(func(e connector.Event) { p.log.add(e.Name, e.Data) })
	p.unwatch = p.Watch(func(now session.Snapshot) {
		p.main.show(now.Streams.Main.Video())
		p.shared.show(now.Streams.Contented.Video())
	})
	p.devices(o)
	p.at = connector.ConnectParameters{
		SIPServerURL: or(o.server, s.server.Addr()), SIPServerIP: "127.0.0.1", DisplayName: user, User: user,
		Password: or(o.password, secretOf(user)), Register: !o.guest, RecoveryMin: recoveryMin, RecoveryMax: recoveryMax, TLS: s.tls(),
	}
	if o.guest {
		p.at.User, p.at.Password = "", ""
	}
	if o.connect != nil {
		o.connect(&p.at)
	}
	if !o.manually {
		p.must(p.Connect(p.ctx, p.at))
	}
	return p
}

// devices opens camera and microphone.
func (p *party) devices(o options) {
	p.t.Helper()
	width, height := o.width, o.height
	if width == 0 {
		width, height = 320, 180
	}
	if o.noisy {
		p.stream.Video = newNoisyCamera(p.t, p.colour, width, height)
	} else {
		p.stream.Video = newCamera(p.t, p.colour, width, height)
	}
	if o.silent {
		return
	}
	microphone, err := device.OpenAudioTrack("tone", device.TrackOptions{})
	p.must(err)
	p.t.Cleanup(func() { release(microphone) })
	p.stream.Audio = microphone
}

func or(text, standard string) string {
	if text == "" {
		return standard
	}
	return text
}

func (p *party) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%s: %v", p.user, err)
	}
}

// leave says goodbye; nothing of the party is left but its devices.
func (p *party) leave() {
	p.once.Do(func() {
		closing, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := p.Close(closing); err != nil {
			p.t.Errorf("close %s: %v", p.user, err)
		}
		p.unwatch()
		p.main.show(nil)
		p.shared.show(nil)
	})
}

// calls places a call and waits until it is confirmed.
func (p *party) calls(number string) {
	p.t.Helper()
	p.must(p.Call(p.ctx, connector.CallParameters{Number: number, Stream: p.stream}))
}

// joins calls a room and waits until it has room and token.
func (p *party) joins(number string) {
	p.t.Helper()
	mark := p.log.mark()
	p.calls(number)
	p.expects(mark, "api:conference:participant-token-issued")
}

// expects waits for events in this order, others in between, and returns the mark behind the last.
func (p *party) expects(mark int, names ...string) int {
	p.t.Helper()
	for _, name := range names {
		_, next, err := p.log.next(p.ctx, mark, name, nil)
		if err != nil {
			p.t.Fatalf("%s: %v", p.user, err)
		}
		mark = next
	}
	return mark
}

// hears waits for an event after mark whose data satisfy ok.
func (p *party) hears(mark int, name string, ok func(data any) bool) entry {
	p.t.Helper()
	e, err := p.log.until(p.ctx, mark, name, ok)
	if err != nil {
		p.t.Fatalf("%s: %v", p.user, err)
	}
	return e
}

// sees waits until the main stream shows a picture of a colour that was made just now.
func (p *party) sees(c colour) sight {
	p.t.Helper()
	since := time.Now()
	s, err := p.main.until(p.ctx, func(s sight) bool { return s.what == c && s.made.After(since) })
	if err != nil {
		p.t.Fatalf("%s does not see %d: %v", p.user, c, err)
	}
	return s
}

// gap is the time between the making of one picture and of the next that arrives.
func (p *party) gap(c colour) time.Duration {
	p.t.Helper()
	first := p.sees(c)
	next, err := p.main.until(p.ctx, func(s sight) bool { return s.what == c && s.made.After(first.made) })
	if err != nil {
		p.t.Fatalf("%s sees one picture only: %v", p.user, err)
	}
	return next.made.Sub(first.made)
}

// seesShared waits until the presentation shows a picture of a colour that was made just now.
func (p *party) seesShared(c colour) sight {
	p.t.Helper()
	since := time.Now()
	s, err := p.shared.until(p.ctx, func(s sight) bool { return s.what == c && s.made.After(since) })
	if err != nil {
		p.t.Fatalf("%s does not see %d presented: %v", p.user, c, err)
	}
	return s
}

// until waits for a state.
func (p *party) until(what string, holds func(session.Snapshot) bool) session.Snapshot {
	p.t.Helper()
	found := make(chan session.Snapshot, 1)
	cancel := p.Watch(func(s session.Snapshot) {
		if holds(s) {
			select {
			case found <- s:
			default:
			}
		}
	})
	defer cancel()
	ctx, stop := context.WithTimeout(p.ctx, patience)
	defer stop()
	select {
	case s := <-found:
		return s
	case <-ctx.Done():
		p.t.Fatalf("%s: not %s; it is %+v", p.user, what, p.Snapshot())
		return session.Snapshot{}
	}
}

// inRoom tells whether the call is up, as far as its user can see.
func inRoom(s session.Snapshot) bool { return s.SystemStatus() == session.StatusCallActive }

// callError is why a call failed or ended.
func callError(data any) *connector.CallError {
	err, _ := data.(error)
	var failed *connector.CallError
	errors.As(err, &failed)
	return failed
}
