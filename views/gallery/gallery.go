// Package gallery holds sample data for every screen, for tests and for the pictures in artefacts/.
package gallery

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"net"
	"time"

	"fyne.io/fyne/v2"

	"parley/connector/call"
	"parley/connector/incoming"
	"parley/connector/presentation"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/video"
	"parley/views"
	"parley/views/kept"
	"parley/views/widget"
)

// Now is the moment of all samples.
var Now = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// Track is a track with a still picture.
type Track struct {
	Name   string
	Outlet video.Outlet
}

// NewTrack makes a track that shows a coloured test picture.
func NewTrack(name string, w, h int, hue float64) *Track {
	t := &Track{Name: name}
	f := video.NewFrame(w, h)
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 0.25 + 0.5*float64(y)/float64(h)
			if d := math.Hypot(float64(x-w/2), float64(y)-float64(h)*0.42); d < float64(h)/6 || (y > h*7/10 &&
				math.Abs(float64(x-w/2)) < float64(h)/3) {
				v += 0.2
			}
			c := func(shift float64) uint8 { return uint8(255 * v * (0.55 + 0.45*math.Cos(hue+shift))) }
			m.SetRGBA(x, y, color.RGBA{R: c(0), G: c(2.1), B: c(4.2), A: 255})
		}
	}
	if err := video.FromRGBA(f, m); err != nil {
		panic(err)
	}
	t.Outlet.Put(f)
	f.Release()
	return t
}

// The methods of rtc.LocalTrack and rtc.RemoteTrack.
func (t *Track) ID() string             { return t.Name }
func (t *Track) Kind() rtc.Kind         { return rtc.Video }
func (t *Track) Label() string          { return t.Name }
func (t *Track) Ended() <-chan struct{} { return nil }
func (t *Track) StreamID() string       { return t.Name }
func (t *Track) MID() string            { return "" }
func (t *Track) Codec() string          { return "VP8" }
func (t *Track) Muted() bool            { return false }
func (t *Track) Enabled() bool          { return true }
func (t *Track) SetEnabled(bool)        {}
func (t *Track) Settings() rtc.Settings { return rtc.Settings{} }
func (t *Track) Stop()                  {}
func (t *Track) Frames() *video.Outlet  { return &t.Outlet }

// Pictures draws each track's newest frame once, at once (views.Pictures).
type Pictures struct{ Shown map[*widget.Tile]rtc.Track }

// Show implements views.Pictures.
func (p *Pictures) Show(tile *widget.Tile, track rtc.Track) {
	if p.Shown == nil {
		p.Shown = map[*widget.Tile]rtc.Track{}
	}
	if p.Shown[tile] != track {
		tile.Clear()
	}
	p.Shown[tile] = track
}

// Drawing implements views.Pictures.
func (p *Pictures) Drawing() widget.Drawing { return widget.ByImage }

// Paint draws all tiles; they must have been laid out.
func (p *Pictures) Paint() {
	for tile, track := range p.Shown {
		if t, ok := track.(*Track); ok {
			f, _ := t.Outlet.Newest()
			if f != nil {
				if tile.Prepare(f) {
					tile.Swap()
				}
				f.Release()
			}
		}
	}
}

// Sample is one screen with data.
type Sample struct {
	Name     string
	Model    views.Model
	Settings bool // the settings screen is open
	Incoming bool // the incoming call's window, not the main one
	Size     fyne.Size
	// Act, when not nil, opens something over the screen.
	Act func(*views.Root, fyne.Window)
}

func account() views.Account {
	return views.Account{Server: "meet.example.com", Name: "Анна Berg", User: "1001"}
}

func inCall(edit func(*session.Snapshot)) views.Model {
	s := session.Initial()
	s.Call = session.Call{State: call.InRoom, Number: "2001", Room: "2001", Started: Now.Add(-83 * time.Second)}
	s.Media = session.Media{HasCamera: true, HasMicrophone: true, CameraOn: true, MicrophoneOn: true,
		Camera: NewTrack("camera", 640, 360, 2)}
	s.Streams.Main = &session.Stream{ID: "m", Tracks: []rtc.RemoteTrack{NewTrack("main", 640, 360, 4)}}
	edit(&s)
	return views.Model{Snapshot: s, Status: session.StatusCallActive, SignedIn: true, Account: account()}
}

func slides(s *session.Snapshot) {
	s.Streams.Contented = &session.Stream{ID: "c", Tracks: []rtc.RemoteTrack{NewTrack("slides", 960, 600, 0.5)}}
}

// Samples are all screens worth looking at.
func Samples() []Sample {
	home := views.Model{Snapshot: session.Initial(), Status: session.StatusReadyToCall, SignedIn: true, Account: account(),
		Recent: []views.Recent{
			{Number: "2001", Answered: true, Begun: Now.Add(-time.Hour), Length: 754 * time.Second},
			{Number: "1007", Name: "Константин Константинопольский", Incoming: true, Begun: Now.Add(-3 * time.Hour)},
			{Number: "1003", Name: "John Doe", Incoming: true, Answered: true, Begun: Now.Add(-50 * time.Hour), Length: 4000 * time.Second},
			{Number: "9999", Begun: Now.Add(-60 * time.Hour)},
		}}
	demo := home
	demo.Demo, demo.Recent = true, nil
	demo.Account = views.Account{Server: "127.0.0.1:8443", Name: "Guest", Guest: true}
	offline := home
	offline.Status = session.StatusDisconnected
	offline.Snapshot.LastError = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection reset")}
	first := views.Model{Snapshot: session.Initial(), Status: session.StatusDisconnected,
		Remembered: views.SignIn{Server: "meet.example.com", Name: "Анна Berg", User: "1001"}}
	guest := first
	guest.Remembered = views.SignIn{Guest: true, Server: "127.0.0.1:8443", Name: "Guest"}
	calling := inCall(func(s *session.Snapshot) {
		s.Call.State, s.Call.Room, s.Streams.Main = call.Connecting, "", nil
	})
	calling.Status = session.StatusCallConnecting
	ringing := session.Initial()
	ringing.Incoming = session.Incoming{State: incoming.Ringing, DisplayName: "Константин Константинопольский", Number: "1007"}
	settings := home
	settings.Settings, settings.Codecs = kept.Defaults(), []string{"VP8", "VP9", "H264", "AV1"}
	return append(pickers(), []Sample{
		{Name: "signin", Model: first},
		{Name: "signin-guest", Model: guest},
		{Name: "home", Model: home},
		{Name: "home-demo", Model: demo},
		{Name: "home-offline", Model: offline},
		{Name: "settings", Model: settings, Settings: true},
		{Name: "calling", Model: calling},
		{Name: "call", Model: inCall(func(*session.Snapshot) {})},
		{Name: "call-presentation", Model: inCall(slides)},
		{Name: "call-muted", Model: inCall(func(s *session.Snapshot) {
			s.Media.MicrophoneOn, s.Media.CameraOn, s.Media.MicrophoneMutedByServer = false, false, true
		})},
		{Name: "call-sharing", Model: inCall(func(s *session.Snapshot) { s.Presentation = presentation.Active })},
		{Name: "call-redial", Model: inCall(func(s *session.Snapshot) {
			s.Call.State = call.Idle
			s.Redial = session.Redial{State: redial.Backoff, Attempt: 2, Next: Now.Add(4 * time.Second)}
			s.Streams.Main = nil
		})},
		{Name: "incoming", Model: views.Model{Snapshot: ringing, SignedIn: true, Account: account()}, Incoming: true,
			Size: fyne.NewSize(460, 340)},
	}...)
}

// Actions does nothing and succeeds (views.Actions).
type Actions struct{}

func (Actions) Connect(context.Context, views.SignIn) error               { return nil }
func (Actions) TryDemo(context.Context, string) (string, error)           { return "2001", nil }
func (Actions) Disconnect(context.Context) error                          { return nil }
func (Actions) Dial(context.Context, string, bool) error                  { return nil }
func (Actions) HangUp(context.Context) error                              { return nil }
func (Actions) Accept(context.Context, bool) error                        { return nil }
func (Actions) Decline(context.Context) error                             { return nil }
func (Actions) Busy(context.Context) error                                { return nil }
func (Actions) SetMicrophone(context.Context, bool) error                 { return nil }
func (Actions) SetCamera(context.Context, bool) error                     { return nil }
func (Actions) Hold(context.Context, bool) error                          { return nil }
func (Actions) ShareSources(context.Context) ([]views.ShareSource, error) { return nil, nil }
func (Actions) ShareScreen(context.Context, views.Share) error            { return nil }
func (Actions) StopSharing(context.Context) error                         { return nil }
func (Actions) SendDTMF(context.Context, string) error                    { return nil }
func (Actions) TrustCertificate(context.Context, string, string) error    { return nil }
func (Actions) Change(context.Context, func(*views.Settings)) error       { return nil }
func (Actions) Renew(context.Context) error                               { return nil }
func (Actions) Reconnect(context.Context) error                           { return nil }
func (Actions) RefuseMicrophone(context.Context) error                    { return nil }
func (Actions) RefuseCamera(context.Context) error                        { return nil }
func (Actions) SaveContact(context.Context, string, views.Contact) error  { return nil }
func (Actions) DeleteContact(context.Context, string) error               { return nil }
func (Actions) ClearCalls(context.Context) error                          { return nil }
func (Actions) Forget(context.Context) error                              { return nil }
func (Actions) MoveCredential(context.Context, kept.ICEServer, kept.ICEServer) error {
	return nil
}
func (Actions) KeepCredential(context.Context, string, string, string) error {
	return nil
}
func (Actions) Thumbnails(_, _ int, show func(string, image.Image)) views.Thumbnails {
	return thumbnails{show}
}
func (Actions) WatchDevices(func()) (cancel func())          { return func() {} }
func (Actions) TestSound(context.Context, string, int) error { return nil }
func (Actions) MicrophoneLevel() float64                     { return 0.4 }
func (Actions) Preview(context.Context, string, string) *views.Preview {
	return &views.Preview{Close: func() {}}
}
func (Actions) Devices(context.Context) (views.Devices, error) {
	return views.Devices{Cameras: []views.Device{{ID: "c1", Name: "Integrated Camera"}},
		Microphones: []views.Device{{ID: "m1", Name: "Headset"}}}, nil
}
