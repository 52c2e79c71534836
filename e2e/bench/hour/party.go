package main

import (
	"context"
	"crypto/tls"
	"errors"
	"path/filepath"
	"time"

	"parley/app/client"
	"parley/app/config"
	"parley/connector"
	"parley/connector/rtc"
	"parley/e2e/bench/kit"
	"parley/media/device"
)

// far and near differ in who they are, and in that near is the lively one.
func far(ctx context.Context) error  { return take(ctx, callee, false) }
func near(ctx context.Context) error { return take(ctx, caller, *lively) }

// party is one in the room.
type party struct {
	client     *client.Client
	camera     *device.VideoTrack
	microphone *device.AudioTrack
	skew       *skew
}

// take part in the conference until ctx is over.
func take(ctx context.Context, user string, moves bool) (err error) {
	p, err := enter(ctx, user)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.leave()) }()
	if err := say("confirmed", nil); err != nil {
		return err
	}
	failed := make(chan error, 1)
	living, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		if !moves {
			failed <- nil
			return
		}
		failed <- p.live(living)
	}()
	err = tell(ctx, p.look)
	stop()
	return errors.Join(err, <-failed)
}

func enter(ctx context.Context, user string) (p *party, err error) {
	id, err := config.InstanceID(filepath.Join(*content, user))
	if err != nil {
		return nil, err
	}
	p = &party{skew: newSkew()}
	p.client, err = client.New(client.Options{Server: *server, User: user, Password: secret, Name: user, Silent: true,
		TLS: &tls.Config{InsecureSkipVerify: true}, Codecs: client.OnlyCodec(*codec), InstanceID: id,
		UserAgent: "Parley/bench", KeepConnected: true})
	if err != nil {
		return nil, err
	}
	p.client.Connector.Watch((&kit.MainVideo{See: p.skew.see}).Follow)
	p.client.Mixer.Tap(p.skew.hear)
	for _, step := range []func() error{
		func() error { return p.client.Connect(ctx) },
		func() (err error) {
			p.camera, err = openCamera(filepath.Join(*content, "camera.y4m"))
			return err
		},
		func() (err error) {
			p.microphone, err = openMicrophone(filepath.Join(*content, "speech.wav"))
			return err
		},
		func() error {
			return p.client.Connector.Call(ctx, connector.CallParameters{Number: conference,
				Stream: rtc.LocalStream{Audio: p.microphone, Video: p.camera}})
		},
	} {
		if err := step(); err != nil {
			return nil, errors.Join(err, p.leave())
		}
	}
	return p, nil
}

func (p *party) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := p.client.Close(ctx)
	if p.camera != nil {
		p.camera.Stop()
		<-p.camera.Released()
	}
	if p.microphone != nil {
		p.microphone.Stop()
		<-p.microphone.Released()
	}
	return err
}

// look completes a sample with what the call counts.
func (p *party) look(s *sample) {
	s.Skew, s.Sound, s.Picture, s.Beeps = p.skew.take()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	stats, err := p.client.Connector.Stats(ctx)
	if err != nil || stats.Inbound.Audio == nil || stats.Inbound.Video == nil {
		return
	}
	sound, picture := stats.Inbound.Audio, stats.Inbound.Video
	if sound.EstimatedPlayout > 0 && picture.EstimatedPlayout > 0 {
		// The later moment of the sender's clock comes out now, the further ahead a stream is.
		s.Estimated = sound.EstimatedPlayout - picture.EstimatedPlayout
	}
	s.counts = counts{
		Decoded: float64(picture.FramesDecoded), Dropped: float64(picture.FramesDropped),
		Freezes: float64(picture.FreezeCount), Frozen: picture.FreezesDuration,
		PicturesLost: float64(picture.PacketsLost), SoundsLost: float64(sound.PacketsLost),
		Samples: float64(sound.TotalSamples), Concealed: float64(sound.ConcealedSample), Silent: float64(sound.SilentConcealed),
		Inserted: float64(sound.InsertedSamples), Removed: float64(sound.RemovedSamples),
	}
}
