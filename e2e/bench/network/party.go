package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parley/app/client"
	"parley/app/config"
	"parley/connector"
	"parley/connector/rtc"
	"parley/e2e/bench/kit"
	"parley/media/device"
)

// party is a Parley of this process: what the application's calls are made of, with an eye on the remote picture.
type party struct {
	client     *client.Client
	camera     *device.VideoTrack
	microphone *device.AudioTrack
	eye        *eye
	ringing    chan struct{}

	mu    sync.Mutex
	sound []soundSample
	diary *json.Encoder // of all statistics; nil: none is kept
}

func newParty(ctx context.Context, user, camera string, eye *eye) (p *party, err error) {
	id, err := config.InstanceID(filepath.Join(*content, user))
	if err != nil {
		return nil, err
	}
	p = &party{eye: eye, ringing: make(chan struct{}, 1)}
	p.client, err = client.New(client.Options{Server: *server, User: user, Password: secret, Name: user, Silent: true,
		TLS: &tls.Config{InsecureSkipVerify: true}, Codecs: client.OnlyCodec(*codec), InstanceID: id, UserAgent: "Parley/bench", KeepConnected: true,
		Logger: logger(user)})
	if err != nil {
		return nil, err
	}
	if file := keep(user + ".jsonl"); file != nil {
		p.diary = json.NewEncoder(file)
	}
	p.client.Connector.Subscribe(p.follow)
	p.client.Connector.Watch((&kit.MainVideo{See: eye.see}).Follow)
	if err := p.client.Connect(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	options := device.VideoOptions{Width: width, Height: height, FPS: rate}
	if p.camera, err = device.OpenVideoTrack(camera, options, device.TrackOptions{}); err != nil {
		return nil, errors.Join(err, p.close())
	}
	if p.microphone, err = device.OpenAudioTrack(speechFile(*content), device.TrackOptions{}); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *party) stream() rtc.LocalStream {
	return rtc.LocalStream{Audio: p.microphone, Video: p.camera}
}

func (p *party) follow(event connector.Event) {
	switch event.Name {
	case "incoming-call:ringing":
		select {
		case p.ringing <- struct{}{}:
		default:
		}
	case "stats:collected":
		text, err := json.Marshal(event.Data)
		if err != nil {
			return
		}
		if p.diary != nil {
			_ = p.diary.Encode(map[string]any{"at": now(), "stats": json.RawMessage(text)})
		}
		var stats struct {
			Inbound  struct{ Audio *rtc.StreamStats }
			Outbound struct{ Video *rtc.StreamStats }
		}
		if json.Unmarshal(text, &stats) != nil || stats.Inbound.Audio == nil {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sound = append(p.sound, soundSample{At: now(), Concealed: float64(stats.Inbound.Audio.ConcealedSample),
			Total: float64(stats.Inbound.Audio.TotalSamples)})
	}
}

func (p *party) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := p.client.Close(ctx)
	if p.camera != nil {
		p.camera.Stop()
	}
	if p.microphone != nil {
		p.microphone.Stop()
	}
	return err
}

// logger writes to a file of the folder that PARLEY_BENCH_LOG names.
func logger(user string) *slog.Logger {
	file := keep(user + ".log")
	if file == nil {
		return nil
	}
	return slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// keep makes a file in the folder that PARLEY_BENCH_LOG names, for who wants to know why a figure is what it is: an end's log,
// and its statistics, a line a collection.
func keep(name string) *os.File {
	folder := os.Getenv("PARLEY_BENCH_LOG")
	if folder == "" {
		return nil
	}
	file, err := os.Create(filepath.Join(folder, "network-"+name))
	if err != nil {
		return nil
	}
	return file
}

// say prints one event for the process that orchestrates.
func say(event string, data any) error {
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"t": now() / 1000, "event": event, "data": data})
}

// now in milliseconds since the Unix epoch: one clock for all processes of this machine.
func now() float64 { return float64(time.Now().UnixMicro()) / 1000 }
