package window

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"parley/connector/rtc"
	"parley/media/audio"
	"parley/media/device"
	"parley/views"
	"parley/views/kept"
)

func TestWhatAFollowedDeviceDoesIsTold(t *testing.T) {
	r := newRig(t)
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	told := func(want views.Told) {
		t.Helper()
		if got := r.Model().Told; got != want {
			t.Errorf("told %+v instead of %+v", got, want)
		}
	}
	r.cameraOptions.Told(device.FollowEvent{Gone: "Webcam", Uses: "Built-in"})
	told(views.Told{Number: 1, What: views.ToldCameraInstead, Name: "Webcam", Uses: "Built-in"})
	r.cameraOptions.Told(device.FollowEvent{Uses: "Webcam", Wanted: true})
	told(views.Told{Number: 2, What: views.ToldCameraBack, Name: "Webcam"})
	r.microphoneOptions.Told(device.FollowEvent{Gone: "Headset"})
	told(views.Told{Number: 3, What: views.ToldMicrophoneGone, Name: "Headset"})

	if err := r.Change(t.Context(), func(s *views.Settings) { s.Speaker = "Headset" }); err != nil {
		t.Fatal(err)
	}
	r.speakerChanged("Headset")
	r.speakerChanged("default")
	told(views.Told{Number: 4, What: views.ToldSpeakerGone, Name: "Headset"})
	r.speakerChanged("") // no card at all: it is gone already
	r.speakerChanged("Headset")
	told(views.Told{Number: 5, What: views.ToldSpeakerBack, Name: "Headset"})
}

func TestPreviewIsGivenBackAtTheLatestWithTheWindow(t *testing.T) {
	r := newRig(t)
	p := r.Preview(t.Context(), "Webcam", "")
	if p.Camera != rtc.Track(r.camera) || r.cameraWord != "Webcam" || !r.cameraOptions.On || !r.microphoneOptions.Raw {
		t.Errorf("%+v", p)
	}
	p.Close()
	p.Close()
	if r.camera.stops() != 1 || r.microphone.stops() != 1 {
		t.Errorf("stopped %d and %d times", r.camera.stops(), r.microphone.stops())
	}
	r.controller.media.Camera = func(string, CameraOptions) (rtc.LocalTrack, error) { return nil, device.ErrUnavailable }
	p = r.Preview(t.Context(), "Webcam", "")
	if !errors.Is(p.CameraErr, device.ErrUnavailable) || p.Camera != nil || p.MicrophoneErr != nil {
		t.Errorf("%+v", p)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r.microphone.stops() != 2 {
		t.Error("the microphone outlives the window")
	}
}

// player records what is played.
type player struct {
	mu     sync.Mutex
	device string
	volume int
	loud   int16
	ended  chan struct{}
}

// play pulls the sound as a sound card does, but as fast as it can.
func (p *player) play(device string, volume int, sound audio.Input) (stop func()) {
	p.mu.Lock()
	p.device, p.volume, p.ended = device, volume, make(chan struct{})
	p.mu.Unlock()
	end, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		pcm := make([]int16, 960)
		for {
			select {
			case <-end:
				return
			default:
			}
			sound.Read(pcm)
			p.mu.Lock()
			for _, v := range pcm {
				p.loud = max(p.loud, v, -v)
			}
			p.mu.Unlock()
			runtime.Gosched() // the others run, too
		}
	}()
	return func() {
		close(end)
		<-done
		close(p.ended)
	}
}

func TestASoundTriesTheSpeaker(t *testing.T) {
	r := newRig(t)
	p := &player{}
	r.controller.media.Play = p.play
	if err := r.TestSound(t.Context(), "Headset", 70); err != nil {
		t.Fatal(err)
	}
	if p.device != "Headset" || p.volume != 70 || p.loud < 5000 {
		t.Errorf("%q at %d %%, loudest %d", p.device, p.volume, p.loud)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.TestSound(ctx, "", 70); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestVolumeAndSpeakerCountAtOnce(t *testing.T) {
	var speakers []string
	var volumes []int
	link := &Link{SetSpeaker: func(d string) { speakers = append(speakers, d) }, SetVolume: func(v int) { volumes = append(volumes, v) }}
	r := newRig(t)
	loud := kept.Devices{Speaker: "Headset", SpeakerVolume: 80}
	r.useDevices(link, loud, loud)
	none := loud
	none.Speaker = kept.NoDevice
	r.useDevices(link, loud, none)
	r.useDevices(link, none, loud)
	if len(speakers) != 2 || speakers[0] != "" || speakers[1] != "Headset" || len(volumes) != 2 || volumes[0] != 0 || volumes[1] != 80 {
		t.Errorf("speakers %q, volumes %v", speakers, volumes)
	}
}

// A speaker and a volume that are chosen while the connection is being made count, too.
func TestDevicesChosenWhileConnectingAreUsed(t *testing.T) {
	r := newRig(t)
	var told []string
	open := r.controller.open
	r.controller.open = func(o LinkOptions) (*Link, error) {
		link, err := open(o)
		link.SetSpeaker = func(device string) { told = append(told, device) }
		link.SetVolume = func(percent int) { told = append(told, strconv.Itoa(percent)) }
		connect := link.Connect
		link.Connect = func(ctx context.Context) error {
			if err := r.Change(ctx, func(s *views.Settings) { s.Speaker, s.SpeakerVolume = "Headset", 55 }); err != nil {
				return err
			}
			return connect(ctx)
		}
		return link, err
	}
	r.signIn(t)
	if !slices.Equal(told, []string{"Headset", "55"}) {
		t.Errorf("the link was told %q", told)
	}
	if err := r.Change(t.Context(), func(s *views.Settings) { s.SpeakerVolume = 60 }); err != nil || !slices.Equal(told, []string{"Headset", "55", "60"}) {
		t.Errorf("after a change: %q, %v", told, err)
	}
}

func TestDevicesChosenInACallAreSwitchedBehindItsTracks(t *testing.T) {
	r := newRig(t)
	var switched []string
	r.controller.media.SwitchCamera = func(track rtc.LocalTrack, word string, _ CameraOptions) error {
		if track != rtc.LocalTrack(r.camera) {
			t.Errorf("another track: %v", track)
		}
		switched = append(switched, "camera "+word)
		return nil
	}
	r.controller.media.SwitchMicrophone = func(_ rtc.LocalTrack, word string, _ MicrophoneOptions) error {
		switched = append(switched, "microphone "+word)
		return device.ErrNotFound
	}
	choose := func(camera, microphone string) error {
		return r.Change(t.Context(), func(s *views.Settings) { s.Camera, s.Microphone = camera, microphone })
	}
	if err := choose("Webcam", "Headset"); err != nil || switched != nil {
		t.Errorf("without a call: %v %v", switched, err)
	}
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	if err := choose("Other", "Headset"); err != nil {
		t.Error(err)
	}
	if err := choose("Other", "Desk"); !errors.Is(err, device.ErrNotFound) {
		t.Errorf("the failure is not told: %v", err)
	}
	if err := choose(kept.NoDevice, kept.NoDevice); err != nil {
		t.Error(err)
	}
	if len(switched) != 2 || switched[0] != "camera Other" || switched[1] != "microphone Desk" {
		t.Errorf("switched %q", switched)
	}
	if r.camera.stops() != 0 || r.microphone.stops() != 0 {
		t.Error("a track was stopped")
	}
}

// Another device in the place of the one that failed: the complaint goes. A choice that fails leaves it.
func TestAnotherDeviceEndsTheTrouble(t *testing.T) {
	r := newRig(t)
	var failure error
	r.controller.media.SwitchCamera = func(rtc.LocalTrack, string, CameraOptions) error { return failure }
	r.signIn(t)
	if err := r.Dial(t.Context(), "2001", true); err != nil {
		t.Fatal(err)
	}
	choose := func(camera, microphone string) {
		_ = r.Change(t.Context(), func(s *views.Settings) { s.Camera, s.Microphone = camera, microphone })
	}
	r.cameraOptions.Lost(device.ErrUnavailable)
	failure = device.ErrNotFound
	choose("Other", "")
	choose("Other", "Headset")
	if r.Model().Trouble.Device != views.TroubleCamera {
		t.Errorf("trouble %+v", r.Model().Trouble)
	}
	failure = nil
	choose("Third", "Headset")
	if r.Model().Trouble != (views.Trouble{}) {
		t.Errorf("trouble %+v after another camera", r.Model().Trouble)
	}
}

// A call that began without a microphone takes up the one that is chosen in it.
func TestADeviceChosenInACallWithoutIsTakenUp(t *testing.T) {
	r, plug := bare(t)
	if r.MicrophoneLevel() != 0 {
		t.Error("a level of no microphone")
	}
	plug()
	if err := r.Change(t.Context(), func(s *views.Settings) { s.Microphone = "Headset" }); err != nil {
		t.Fatal(err)
	}
	r.controller.background.Wait()
	if r.connector.replaced.Audio != rtc.LocalTrack(r.microphone) || r.microphone.Enabled() {
		t.Errorf("sent: %+v", r.connector.replaced)
	}
}

// One that was chosen and cannot be used is told; one that was only plugged in is not.
func TestADeviceChosenInACallThatFailsIsTold(t *testing.T) {
	r, _ := bare(t)
	r.controller.media.Microphone = func(string, MicrophoneOptions) (rtc.LocalTrack, error) { return nil, device.ErrUnavailable }
	r.lookedAt()
	if got := r.Model().Trouble; got != (views.Trouble{}) {
		t.Errorf("of a plug: %+v", got)
	}
	if err := r.Change(t.Context(), func(s *views.Settings) { s.Microphone = "Headset" }); err != nil {
		t.Fatal(err)
	}
	r.controller.background.Wait()
	if got := r.Model().Trouble; got.Device != views.TroubleMicrophone || !errors.Is(got.Err, device.ErrUnavailable) {
		t.Errorf("of a choice: %+v", got)
	}
}

// What is chosen while a call is being set up is tried when it stands.
func TestADeviceChosenWhileDialingIsTried(t *testing.T) {
	r, _ := bare(t)
	r.controller.media.Microphone = func(string, MicrophoneOptions) (rtc.LocalTrack, error) { return nil, device.ErrUnavailable }
	dialing := func(is bool) { r.controller.mu.Lock(); r.controller.dialing = is; r.controller.mu.Unlock() }
	dialing(true)
	if err := r.Change(t.Context(), func(s *views.Settings) { s.Microphone = "Headset" }); err != nil {
		t.Fatal(err)
	}
	r.lookedAt()
	if got := r.Model().Trouble; got != (views.Trouble{}) {
		t.Errorf("while dialing: %+v", got)
	}
	dialing(false)
	r.controller.tryChosen()
	r.controller.background.Wait()
	if got := r.Model().Trouble; got.Device != views.TroubleMicrophone || !errors.Is(got.Err, device.ErrUnavailable) {
		t.Errorf("when the call stands: %+v", got)
	}
}

// In the demo's room a picture stands in for the camera that is not there, and is listed as what is used.
func TestTheDemoListsItsCamera(t *testing.T) {
	r := newRig(t)
	list := func() []views.Device {
		d, err := r.Devices(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d.Cameras
	}
	if got := list(); len(got) != 0 {
		t.Errorf("without the demo: %v", got)
	}
	r.options.Demo = true
	if got := list(); !slices.Equal(got, []views.Device{{ID: demoCamera, Default: true}}) {
		t.Errorf("in the demo: %v", got)
	}
	r.media.Devices = func() views.Devices { return views.Devices{Cameras: []views.Device{{ID: "c1", Name: "Webcam"}}} }
	if got := list(); !slices.Equal(got, []views.Device{{ID: "c1", Name: "Webcam"}}) {
		t.Errorf("with a camera: %v", got)
	}
}

// That a chosen device failed is told although it failed at once: what is taken away is the complaint of before.
func TestADeviceThatFailsAtOnceIsTold(t *testing.T) {
	r, _ := bare(t)
	r.controller.link.LookForSpeaker = func() { r.controller.takeUp(t.Context()) } // a look that runs meanwhile
	r.controller.lost(views.TroubleMicrophone, device.ErrNotFound)
	if err := r.Change(t.Context(), func(s *views.Settings) { s.Microphone = "Headset" }); err != nil {
		t.Fatal(err)
	}
	r.controller.background.Wait()
	if got := r.Model().Trouble; got.Device != views.TroubleMicrophone || !errors.Is(got.Err, device.ErrUnavailable) {
		t.Errorf("told %+v", got)
	}
}

// A choice that waits to be tried is not forgotten because something else is changed.
func TestAChosenDeviceIsToldWhateverIsChangedMeanwhile(t *testing.T) {
	r, _ := bare(t)
	began, free := make(chan struct{}, 2), make(chan struct{})
	r.controller.media.Microphone = func(string, MicrophoneOptions) (rtc.LocalTrack, error) {
		began <- struct{}{}
		<-free
		return nil, device.ErrUnavailable
	}
	r.devicesChanged()
	<-began // a plug is looked at
	for _, edit := range []func(*views.Settings){
		func(s *views.Settings) { s.Microphone = "Headset" },
		func(s *views.Settings) { s.SpeakerVolume = 40 },
	} {
		if err := r.Change(t.Context(), edit); err != nil {
			t.Fatal(err)
		}
	}
	close(free)
	r.controller.background.Wait()
	if got := r.Model().Trouble; got.Device != views.TroubleMicrophone || !errors.Is(got.Err, device.ErrUnavailable) {
		t.Errorf("told %+v", got)
	}
}
