package headless

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"parley/app/cli"
	"parley/app/problem"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/audio"
	"parley/media/device"
	"parley/media/record"
	"parley/media/video"
)

// sources are the tracks the call sends; nil is none.
type sources struct {
	camera     *device.VideoTrack
	microphone *device.AudioTrack
	share      *device.VideoTrack
}

// openSources opens camera and microphone. The presentation is opened when its time comes, but a file that is not there
// is better known now.
func openSources(c cli.Call, processor audio.Processor, logger *slog.Logger) (s sources, err error) {
	size := device.VideoOptions{Width: c.Size.Width, Height: c.Size.Height, FPS: float64(c.FPS), Text: c.Name}
	s.camera, err = device.OpenVideoTrack(c.Camera, size, device.TrackOptions{Logger: logger})
	if err != nil {
		return s, problem.New("could not use the camera "+quoted(c.Camera), err)
	}
	s.microphone, err = device.OpenAudioTrack(c.Microphone, device.TrackOptions{Processor: processor, Logger: logger})
	if err != nil {
		s.stop()
		return s, problem.New("could not use the microphone "+quoted(c.Microphone), err)
	}
	if c.Shares() {
		if s.share, err = openShare(c, logger); err != nil {
			s.stop()
			return s, err
		}
		s.share.SetEnabled(false) // nothing is captured before its time
	}
	return s, nil
}

func openShare(c cli.Call, logger *slog.Logger) (*device.VideoTrack, error) {
	track, err := device.OpenVideoTrack(c.Share, device.VideoOptions{FPS: float64(c.FPS)},
		device.TrackOptions{ID: "presentation", Logger: logger})
	if err != nil {
		return nil, problem.New("could not present "+quoted(c.Share), err)
	}
	return track, nil
}

func quoted(word string) string { return fmt.Sprintf("%q", word) }

// stream is what the call sends. A nil *VideoTrack must not become a non-nil interface.
func (s sources) stream() (stream rtc.LocalStream) {
	if s.camera != nil {
		stream.Video = s.camera
	}
	if s.microphone != nil {
		stream.Audio = s.microphone
	}
	return stream
}

// stop ends capture and waits until the devices are given back.
func (s sources) stop() {
	if s.camera != nil {
		s.camera.Stop()
		<-s.camera.Released()
	}
	if s.microphone != nil {
		s.microphone.Stop()
		<-s.microphone.Released()
	}
	if s.share != nil {
		s.share.Stop()
		<-s.share.Released()
	}
}

// recordings write what is received.
type recordings struct {
	mu          sync.Mutex
	main, share videoRecording
	closed      bool
	sound       *record.Audio
	untap       func()
}

// videoRecording follows one remote stream while its tracks change.
type videoRecording struct {
	file  *record.Video
	track rtc.RemoteTrack
	untap func()
}

// framed is what a remote video track of media/peer is besides an rtc.RemoteTrack.
type framed interface{ Frames() *video.Outlet }

func openRecordings(c cli.Call, mixer *audio.Mixer, logger *slog.Logger) (*recordings, error) {
	r := &recordings{}
	open := func(path string, recording *videoRecording) (err error) {
		if path == "" {
			return nil
		}
		recording.file, err = record.NewVideo(path, record.VideoOptions{Logger: logger})
		return err
	}
	err := errors.Join(open(c.RecordVideo, &r.main), open(c.RecordShare, &r.share))
	if err == nil && c.RecordAudio != "" {
		if r.sound, err = record.NewAudio(c.RecordAudio, 2, logger); err == nil {
			r.untap = mixer.Tap(r.sound.Put)
		}
	}
	if err != nil {
		return nil, errors.Join(problem.New("could not begin to record", err), r.close())
	}
	return r, nil
}

// follow moves the recordings to the streams there are now.
func (r *recordings) follow(streams session.Streams) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.main.follow(streams.Main.Video())
	r.share.follow(streams.Contented.Video())
}

func (v *videoRecording) follow(track rtc.RemoteTrack) {
	if v.file == nil || track == v.track {
		return
	}
	v.leave()
	if source, ok := track.(framed); ok {
		v.track = track
		v.untap = source.Frames().Tap(v.file.Put)
	}
}

func (v *videoRecording) leave() {
	if v.untap != nil {
		v.untap()
	}
	v.track, v.untap = nil, nil
}

// close completes the files.
func (r *recordings) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	var errs []error
	for _, v := range []*videoRecording{&r.main, &r.share} {
		v.leave()
		if v.file != nil {
			errs = append(errs, v.file.Close())
		}
	}
	if r.untap != nil {
		r.untap()
	}
	if r.sound != nil {
		errs = append(errs, r.sound.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return problem.New("could not record everything", err)
	}
	return nil
}
