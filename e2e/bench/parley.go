package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parley/app/client"
	"parley/app/config"
	"parley/connector"
	"parley/connector/rtc"
	"parley/e2e/bench/kit"
	"parley/e2e/bench/usage"
	"parley/e2e/harness"
	"parley/media/device"
	"parley/media/device/stamp"
	"parley/media/video"
)

// warming is left out of every measurement: start-up, the estimator's first seconds.
const warming = 4 * time.Second

// parley measures the program as a process, then, in a second call from this process, first frame and delay: looking
// into every picture must not count as the program's work.
func (b *bench) parley(ctx context.Context, codec string, server *url.URL) (r result, err error) {
	other, err := b.counterpart(ctx, codec, b.video, server)
	if err != nil {
		return r, err
	}
	defer other.Kill()
	call, err := harness.Start(b.program, []string{"PARLEY_CONFIG=" + b.folder}, "call", "--server", server.Host, "--insecure-tls",
		"--user", caller, "--password", secret, "--name", "Measured", "--to", callee, "--codec", codec,
		"--camera", b.video, "--microphone", b.speech, "--events", "-")
	if err != nil {
		return r, err
	}
	defer call.Kill()
	if _, err := call.Until(ctx, "call:confirmed"); err != nil {
		return r, err
	}
	if err := kit.Pause(ctx, warming); err != nil {
		return r, err
	}
	from, err := usage.Measure(call.PID())
	if err != nil {
		return r, err
	}
	before := call.Count("stats:collected")
	if err := kit.Pause(ctx, *measuring); err != nil {
		return r, err
	}
	to, err := usage.Measure(call.PID())
	if err != nil {
		return r, err
	}
	r.cpu, r.memory = usage.Cores(from, to), to.Memory
	if err := r.frames(call.All("stats:collected")[before:]); err != nil {
		return r, err
	}
	if err := errors.Join(call.Interrupt(), ignoreCode(call.Wait(ctx)), ignoreCode(other.Wait(ctx))); err != nil {
		return r, err
	}
	return r, b.look(ctx, codec, server, &r)
}

func ignoreCode(_ int, err error) error { return err }

// frames takes the frames a second between the first and the last collection, and the width that was sent last.
func (r *result) frames(collections []harness.Event) error {
	if len(collections) < 2 {
		return errors.New("too few statistics")
	}
	var first, last struct {
		Outbound struct{ Video rtc.StreamStats }
		Inbound  struct{ Video rtc.StreamStats }
	}
	from, to := collections[0], collections[len(collections)-1]
	if err := errors.Join(from.Decode(&first), to.Decode(&last)); err != nil {
		return err
	}
	seconds := to.T - from.T
	r.sent = float64(last.Outbound.Video.FramesSent-first.Outbound.Video.FramesSent) / seconds
	r.decoded = float64(last.Inbound.Video.FramesDecoded-first.Inbound.Video.FramesDecoded) / seconds
	r.width = float64(last.Outbound.Video.FrameWidth)
	return nil
}

// look calls from this process and reads the stamps of what is decoded.
func (b *bench) look(ctx context.Context, codec string, server *url.URL, r *result) (err error) {
	other, err := b.counterpart(ctx, codec, "pattern", server)
	if err != nil {
		return err
	}
	defer other.Kill()
	id, err := config.InstanceID(filepath.Join(b.folder, "second"))
	if err != nil {
		return err
	}
	c, err := client.New(client.Options{Server: server.Host, User: caller, Password: secret, Name: "Measured",
		TLS: &tls.Config{InsecureSkipVerify: true}, Codecs: client.OnlyCodec(codec), Silent: true, InstanceID: id, UserAgent: "Parley/bench"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	if err := c.Connect(ctx); err != nil {
		return err
	}
	camera, err := device.OpenVideoTrack(b.video, device.VideoOptions{}, device.TrackOptions{})
	if err != nil {
		return err
	}
	defer camera.Stop()
	microphone, err := device.OpenAudioTrack(b.speech, device.TrackOptions{})
	if err != nil {
		return err
	}
	defer microphone.Stop()

	eye := newEye(*samples)
	defer c.Connector.Watch((&kit.MainVideo{See: eye.see}).Follow)()
	begun := time.Now()
	err = c.Connector.Call(ctx, connector.CallParameters{Number: callee, Stream: rtc.LocalStream{Audio: microphone, Video: camera}})
	if err != nil {
		return err
	}
	select {
	case <-eye.full:
	case <-ctx.Done():
		return fmt.Errorf("stamped frames: %w", ctx.Err())
	}
	eye.mu.Lock()
	defer eye.mu.Unlock()
	r.firstFrame = eye.first.Sub(begun).Seconds() * 1000
	r.p50, r.p95 = kit.Percentile(eye.ages, 0.5), kit.Percentile(eye.ages, 0.95)
	if os.Getenv("PARLEY_BENCH_DELAYS") != "" {
		fmt.Fprintf(os.Stderr, "%.1f\n", eye.ages)
	}
	return nil
}

// eye reads the stamps of the main remote video.
type eye struct {
	full chan struct{} // closed: enough was seen

	mu    sync.Mutex
	first time.Time
	from  time.Time // stamps count from here
	ages  []float64 // ms
	want  int
}

func newEye(want int) *eye { return &eye{want: want, full: make(chan struct{})} }

func (e *eye) see(f *video.Frame) {
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.first.IsZero() {
		e.first, e.from = now, now.Add(warming)
	}
	if now.Before(e.from) || len(e.ages) >= e.want {
		return
	}
	if drawn, ok := stamp.Read(f); ok {
		e.ages = append(e.ages, now.Sub(drawn).Seconds()*1000)
		if len(e.ages) == e.want {
			close(e.full)
		}
	}
}
