package window

import (
	"errors"
	"image"
	"log/slog"
	"slices"

	"parley/connector/rtc"
	"parley/media/audio"
	"parley/media/device"
	"parley/views"
)

// Media opens this machine's devices. Functions may block; a nil track without an error means there is no such device.
type Media struct {
	Camera     func(word string, o CameraOptions) (rtc.LocalTrack, error)
	Microphone func(word string, o MicrophoneOptions) (rtc.LocalTrack, error)
	// StartWithSystem has the program started when a person signs in to the computer, or not any more.
	StartWithSystem func(on bool) error
	Sources         func() ([]views.ShareSource, error)
	// Screen captures what is shared.
	Screen     func(s views.Share, o ScreenOptions) (rtc.LocalTrack, error)
	Thumbnails func(width, height int, show func(word string, picture *image.RGBA)) views.Thumbnails
	Devices    func() views.Devices
	// SwitchCamera and SwitchMicrophone put another device behind a track of a call that goes on; nil: they cannot.
	SwitchCamera     func(track rtc.LocalTrack, word string, o CameraOptions) error
	SwitchMicrophone func(track rtc.LocalTrack, word string, o MicrophoneOptions) error
	// Plugs calls changed after devices came or went; nil: nobody tells.
	Plugs func(changed func()) (cancel func())
	// Play plays a sound on a device of its own ("" is the system's) until it is stopped.
	Play func(device string, volume int, sound audio.Input) (stop func())
	// Pattern opens a moving pattern to present.
	Pattern func() (rtc.LocalTrack, error)
}

// ScreenOptions of Media.Screen. Both are called from any goroutine.
type ScreenOptions struct {
	Lost   func(error)       // why it ended by itself
	Paused func(paused bool) // a window was minimised, or is back
}

// CameraOptions of Media.Camera.
type CameraOptions struct {
	On     bool        // false makes it ready but dark
	Height int         // pixels, at 16:9
	Lost   func(error) // it failed or was unplugged; from any goroutine
	Told   func(device.FollowEvent)
}

// MicrophoneOptions of Media.Microphone.
type MicrophoneOptions struct {
	Lost func(error) // it failed or was unplugged; from any goroutine
	Told func(device.FollowEvent)
	// Raw leaves out what improves the sound: its processor belongs to the call.
	Raw bool
}

// cameraFPS is what a call asks of a camera.
const cameraFPS = 30

// realMedia takes what media/device has. With Options.Demo a pattern stands in where there is no camera.
func realMedia(o Options, plugs *device.Plugs) Media {
	logger, processor, demo := o.Logger, o.Processor, o.Demo
	m := realScreens(logger)
	m.Plugs = plugs.Listen
	m.Play = func(name string, volume int, sound audio.Input) (stop func()) {
		return audio.NewOutput(audio.NewVolume(sound, volume), audio.OutputOptions{Device: name,
			Null: o.Silent || name == views.NoDevice, Logger: logger}).Close
	}
	m.Devices = func() views.Devices {
		return views.Devices{Cameras: listed(device.Cameras()), Microphones: listed(device.Microphones()),
			Speakers: listed(device.Speakers())}
	}
	m.Camera = func(word string, o CameraOptions) (rtc.LocalTrack, error) {
		t, err := openCamera(word, o, plugs, logger)
		if demo && word == "" && (errors.Is(err, device.ErrNotFound) || errors.Is(err, device.ErrUnavailable)) {
			return openCamera(demoCamera, o, plugs, logger)
		}
		return t, err
	}
	m.Microphone = func(word string, o MicrophoneOptions) (rtc.LocalTrack, error) {
		t, err := openMicrophone(word, o, device.TrackOptions{Logger: logger, Lost: stays(o.Lost)}, processor, plugs)
		if t == nil {
			return nil, err
		}
		return t, err
	}
	m.SwitchCamera = func(track rtc.LocalTrack, word string, o CameraOptions) error {
		return switchCamera(track, word, o, plugs)
	}
	m.SwitchMicrophone = func(track rtc.LocalTrack, word string, o MicrophoneOptions) error {
		return switchMicrophone(track, word, o, processor, plugs)
	}
	return m
}

// realScreens captures what can be shared.
func realScreens(logger *slog.Logger) Media {
	m := Media{
		Sources: sources,
		Thumbnails: func(width, height int, show func(string, *image.RGBA)) views.Thumbnails {
			return device.NewThumbnails(width, height, show)
		},
	}
	m.Pattern = func() (rtc.LocalTrack, error) {
		t, err := device.OpenVideoTrack("pattern", device.VideoOptions{Width: 1280, Height: 720, FPS: 15}, device.TrackOptions{Logger: logger})
		if t == nil {
			return nil, err
		}
		return t, err
	}
	m.Screen = func(s views.Share, o ScreenOptions) (rtc.LocalTrack, error) {
		word := first(s.Source, "screen")
		if !s.Region.Empty() {
			word = device.RegionWord(s.Region)
		}
		rate := 15.0 // sharp text before smooth motion
		if s.Motion {
			rate = 30
		}
		ended := func(reason error) bool { o.Lost(reason); return false }
		t, err := device.OpenVideoTrack(word, device.VideoOptions{FPS: rate, Border: true, Paused: o.Paused}, device.TrackOptions{Logger: logger, Lost: ended})
		if t == nil {
			return nil, err
		}
		return t, err
	}
	return m
}

func openCamera(word string, o CameraOptions, plugs *device.Plugs, logger *slog.Logger) (rtc.LocalTrack, error) {
	if word == views.NoDevice {
		return nil, nil
	}
	size := device.VideoOptions{Width: width(o.Height), Height: o.Height, FPS: cameraFPS}
	follow := device.FollowOptions{Plugs: plugs, Told: o.Told}
	reopen := func() (device.VideoSource, error) { return device.OpenVideoFollowing(word, size, follow) }
	source, err := reopen()
	if err != nil || source == nil {
		return nil, err
	}
	if !o.On {
		// There is one, so it can be switched on later; not opened, so its light stays off.
		if err := errors.Join(source.Close(), anyCamera(word)); err != nil {
			return nil, err
		}
		source = nil
	}
	t, err := device.NewVideoTrack(source, reopen, device.TrackOptions{Logger: logger, Lost: stays(o.Lost)})
	if err != nil {
		return nil, err
	}
	return t, nil
}

// switchCamera keeps the track: the call notices nothing but another picture.
func switchCamera(track rtc.LocalTrack, word string, o CameraOptions, plugs *device.Plugs) error {
	t, ok := track.(*device.VideoTrack)
	if !ok {
		return nil
	}
	size := device.VideoOptions{Width: width(o.Height), Height: o.Height, FPS: cameraFPS}
	reopen := func() (device.VideoSource, error) {
		return device.OpenVideoFollowing(word, size, device.FollowOptions{Plugs: plugs, Told: o.Told})
	}
	source, err := reopen()
	if err != nil || source == nil {
		return err
	}
	t.SetSource(source, reopen)
	return nil
}

func switchMicrophone(track rtc.LocalTrack, word string, o MicrophoneOptions, processor audio.Processor, plugs *device.Plugs) error {
	t, ok := track.(*device.AudioTrack)
	if !ok {
		return nil
	}
	reopen := func() (device.AudioSource, error) {
		return device.OpenAudioFollowing(word, device.FollowOptions{Plugs: plugs, Told: o.Told})
	}
	source, err := reopen()
	if err != nil || source == nil {
		return err
	}
	t.SetProcessor(processorFor(word, processor))
	t.SetSource(source, reopen)
	return nil
}

// processorFor a microphone; a file or a tone has no echo and no noise, and a tone would be taken for noise.
func processorFor(word string, processor audio.Processor) audio.Processor {
	if device.StandInOf(word) != device.NoStandIn {
		return nil
	}
	return processor
}

// anyCamera is device.ErrNotFound where a word means a camera and there is none at all.
func anyCamera(word string) error {
	source, err := device.OpenVideo(word, device.VideoOptions{})
	if err != nil && len(device.Cameras()) == 0 {
		return err
	}
	if source != nil {
		return source.Close()
	}
	return nil
}

func openMicrophone(word string, o MicrophoneOptions, t device.TrackOptions, processor audio.Processor, plugs *device.Plugs) (*device.AudioTrack, error) {
	if !o.Raw {
		t.Processor = processorFor(word, processor)
	}
	reopen := func() (device.AudioSource, error) {
		return device.OpenAudioFollowing(word, device.FollowOptions{Plugs: plugs, Told: o.Told})
	}
	source, err := reopen()
	if err != nil || source == nil {
		return nil, err
	}
	return device.NewAudioTrack(source, reopen, t)
}

// stays keeps a track whose device was unplugged: the call goes on without it, and the person is told.
func stays(lost func(error)) func(error) bool {
	return func(err error) bool {
		if err != nil && lost != nil {
			lost(err)
		}
		return true
	}
}

func sources() ([]views.ShareSource, error) {
	found, err := device.ShareSources()
	if err != nil {
		return nil, err
	}
	kinds := map[device.ShareKind]views.ShareKind{device.ShareMonitor: views.ShareMonitor,
		device.ShareDesktop: views.ShareDesktop, device.ShareWindow: views.ShareWindow, device.SharePortal: views.SharePortal}
	var list []views.ShareSource
	for _, s := range found {
		list = append(list, views.ShareSource{ID: s.Word, Kind: kinds[s.Kind], Title: s.Title, Program: s.Program, Icon: s.Icon,
			Width: s.Bounds.Dx(), Height: s.Bounds.Dy(), Left: s.Bounds.Min.X, Top: s.Bounds.Min.Y, Minimized: s.Minimized})
	}
	// The main monitor first: it is what is shared most.
	slices.SortStableFunc(list, func(a, b views.ShareSource) int { return int(a.Kind) - int(b.Kind) })
	return list, nil
}

// listed names devices as settings keep them: by name, which stays when IDs change, where names differ.
func listed(infos []device.Info) []views.Device {
	names := map[string]int{}
	for _, d := range infos {
		names[d.Name]++
	}
	list := make([]views.Device, len(infos))
	for i, d := range infos {
		list[i] = views.Device{ID: d.Name, Name: d.Name, Default: d.Default}
		if names[d.Name] > 1 {
			list[i].ID = d.ID
		}
	}
	return list
}
