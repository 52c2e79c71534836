package window

import (
	"context"
	"errors"
	"sync"
	"testing"

	"parley/app/settings"
	"parley/connector"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/video"
	"parley/views"
)

// fakeTrack is a local or remote track with pictures.
type fakeTrack struct {
	kind    rtc.Kind
	frames  video.Outlet
	mu      sync.Mutex
	stopped int
	off     bool

	speaking func(bool)
}

func (t *fakeTrack) OnSpeakingWhileMuted(fn func(bool)) { t.speaking = fn }

// memory is a keyring for a test (settings.Secrets).
type memory map[string]string

func (m memory) Get(_ context.Context, name string) (string, error) {
	if secret, ok := m[name]; ok {
		return secret, nil
	}
	return "", settings.ErrNoSecret
}

func (m memory) Set(_ context.Context, name, secret string) error {
	if m["broken"] != "" {
		return errors.New("no keyring runs")
	}
	m[name] = secret
	return nil
}

func (m memory) Delete(_ context.Context, name string) error {
	delete(m, name)
	return nil
}

func (m memory) Available(context.Context) error {
	if m["broken"] != "" {
		return errors.New("no keyring runs")
	}
	return nil
}

func (t *fakeTrack) ID() string             { return "t" }
func (t *fakeTrack) Kind() rtc.Kind         { return t.kind }
func (t *fakeTrack) Label() string          { return "fake" }
func (t *fakeTrack) Ended() <-chan struct{} { return nil }
func (t *fakeTrack) Enabled() bool          { return !t.off }
func (t *fakeTrack) SetEnabled(on bool)     { t.off = !on }
func (t *fakeTrack) Settings() rtc.Settings { return rtc.Settings{} }
func (t *fakeTrack) Frames() *video.Outlet  { return &t.frames }
func (t *fakeTrack) Stop() {
	t.mu.Lock()
	t.stopped++
	t.mu.Unlock()
}

func (t *fakeTrack) stops() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stopped
}

// fakeConnector records what it is asked and answers with what the test says.
type fakeConnector struct {
	mu     sync.Mutex
	asked  []string
	answer map[string]error
	call   connector.CallParameters
	taken  connector.AnswerParameters

	replaced rtc.LocalStream
	now      session.Snapshot // what Snapshot gives, the initial one when not set
	watch    func(session.Snapshot)
	tell     func(connector.Event)

	presented connector.PresentationOptions
	closed    bool
}

func (f *fakeConnector) ask(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, what)
	return f.answer[what]
}

func (f *fakeConnector) Connect(context.Context, connector.ConnectParameters) error {
	return f.ask("connect")
}
func (f *fakeConnector) Disconnect(context.Context) error { return f.ask("disconnect") }
func (f *fakeConnector) Call(_ context.Context, p connector.CallParameters) error {
	f.mu.Lock()
	f.call = p
	f.mu.Unlock()
	return f.ask("call " + p.Number)
}
func (f *fakeConnector) RefuseMicrophone(context.Context) error   { return f.ask("refuse microphone") }
func (f *fakeConnector) RefuseCamera(context.Context) error       { return f.ask("refuse camera") }
func (f *fakeConnector) RestartAutoConnect(context.Context) error { return f.ask("restart") }
func (f *fakeConnector) HangUp(context.Context) error             { return f.ask("hang up") }
func (f *fakeConnector) Answer(_ context.Context, p connector.AnswerParameters) error {
	f.mu.Lock()
	f.taken = p
	f.mu.Unlock()
	return f.ask("accept")
}
func (f *fakeConnector) ReplaceStream(_ context.Context, stream rtc.LocalStream, o connector.ReplaceOptions) error {
	f.mu.Lock()
	f.replaced = stream
	f.mu.Unlock()
	return f.ask(word("replace stream", o.KeepExisting))
}
func (f *fakeConnector) SetMicrophone(_ context.Context, on bool) error {
	return f.ask(word("microphone", on))
}
func (f *fakeConnector) SetCamera(_ context.Context, on bool) error { return f.ask(word("camera", on)) }
func (f *fakeConnector) Hold(_ context.Context, on bool) error      { return f.ask(word("hold", on)) }
func (f *fakeConnector) DeclineCall(_ context.Context, id string, busy bool) error {
	if id != "" {
		return f.ask(word("decline "+id, busy))
	}
	return f.ask(word("decline", busy))
}
func (f *fakeConnector) StopPresentation(context.Context) error { return f.ask("stop presentation") }
func (f *fakeConnector) SendDTMF(_ context.Context, tones string) error {
	return f.ask("tones " + tones)
}
func (f *fakeConnector) Snapshot() session.Snapshot {
	if f.now.Call.State != "" {
		return f.now
	}
	return session.Initial()
}
func (f *fakeConnector) Subscribe(fn func(connector.Event)) (cancel func()) {
	f.mu.Lock()
	f.tell = fn
	f.mu.Unlock()
	return func() {}
}
func (f *fakeConnector) StartPresentation(_ context.Context, _ rtc.LocalTrack, o connector.PresentationOptions) error {
	f.presented = o
	return f.ask("start presentation")
}
func (f *fakeConnector) ReplacePresentation(_ context.Context, _ rtc.LocalTrack, o connector.PresentationOptions) error {
	return f.ask("replace presentation " + o.ContentHint)
}

func (f *fakeConnector) Watch(fn func(session.Snapshot)) (cancel func()) {
	f.mu.Lock()
	f.watch = fn
	f.mu.Unlock()
	return func() {}
}

func (f *fakeConnector) Close(context.Context) error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	return nil
}

func word(s string, on bool) string {
	if on {
		return s + " on"
	}
	return s + " off"
}

// rig is a controller over fakes.
type rig struct {
	*controller
	connector                  *fakeConnector
	camera, microphone, screen *fakeTrack
	lost                       func(error) // of what is shared
	paused                     func(bool)  // likewise
	cameraWord                 string
	cameraOptions              CameraOptions
	microphoneOptions          MicrophoneOptions
	startsWithSystem           []bool
	secrets                    memory
	opened                     []LinkOptions
	changes                    int
}

func newRig(t *testing.T) *rig { return newRigIn(t, "") }

func newRigIn(t *testing.T, folder string) *rig {
	t.Helper()
	r := &rig{
		connector: &fakeConnector{answer: map[string]error{}},
		camera:    &fakeTrack{kind: rtc.Video}, microphone: &fakeTrack{kind: rtc.Audio}, screen: &fakeTrack{kind: rtc.Video},
	}
	r.secrets = memory{}
	store, err := OpenStore(folder, "", r.secrets)
	if err != nil {
		t.Fatal(err)
	}
	media := Media{
		Camera: func(word string, o CameraOptions) (rtc.LocalTrack, error) {
			r.cameraWord, r.cameraOptions = word, o
			return r.camera, nil
		},
		Microphone: func(_ string, o MicrophoneOptions) (rtc.LocalTrack, error) {
			r.microphoneOptions = o
			return r.microphone, nil
		},
		StartWithSystem: func(on bool) error {
			r.startsWithSystem = append(r.startsWithSystem, on)
			return nil
		},
		Sources: func() ([]views.ShareSource, error) { return []views.ShareSource{{}}, nil },
		Screen: func(_ views.Share, o ScreenOptions) (rtc.LocalTrack, error) {
			r.lost, r.paused = o.Lost, o.Paused
			return r.screen, nil
		},
		Devices: func() views.Devices { return views.Devices{} },
	}
	open := func(o LinkOptions) (*Link, error) {
		r.opened = append(r.opened, o)
		return &Link{
			Connector: r.connector,
			Connect: func(ctx context.Context) error {
				return r.connector.Connect(ctx, connector.ConnectParameters{})
			},
			Close: r.connector.Close,
		}, nil
	}
	r.controller = newController(Options{Logger: discard()}, store, media, open, func() { r.changes++ })
	return r
}

func (r *rig) signIn(t *testing.T) {
	t.Helper()
	err := r.Connect(t.Context(), views.SignIn{Server: "meet.test", Name: "Ann", Guest: true, Remember: true})
	if err != nil {
		t.Fatal(err)
	}
}

// state lets the connector tell a call state.
func (r *rig) state(s call.State) {
	snapshot := session.Initial()
	snapshot.Call.State, snapshot.Call.Number = s, "2001"
	r.connector.watch(snapshot)
}
