package window

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"parley/app/config"
	"parley/app/logging"
	"parley/app/report"
	"parley/connector"
	"parley/connector/recorder"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/connector/stress"
	"parley/views"
)

// Faults break a link on purpose.
type Faults interface {
	DropSocket() error
	FailNextPing()
	Block(on bool) // all media
	Blocked() bool
}

// inspector is what the diagnostics look at (views.Inspector).
type inspector struct {
	*recorder.Recorder
	controller *controller
	options    Options
	renderer   func() string
}

var _ views.Inspector = (*inspector)(nil)

func newRecorder() *recorder.Recorder { return recorder.New(logging.Clean) }

// errNoFaults is a link that cannot be broken.
var errNoFaults = errors.New("this connection cannot be broken on purpose")

// MachineStates implements views.Inspector.
func (i *inspector) MachineStates(ctx context.Context) (map[string]string, error) {
	link, err := i.controller.current()
	if err != nil || link.States == nil {
		return nil, err
	}
	return link.States(ctx)
}

func (i *inspector) faults() (Faults, error) {
	link, err := i.controller.current()
	if err != nil {
		return nil, err
	}
	if link.Faults == nil {
		return nil, errNoFaults
	}
	return link.Faults, nil
}

// Break implements views.Inspector.
func (i *inspector) Break(_ context.Context, f views.Fault) error {
	faults, err := i.faults()
	if err != nil {
		return err
	}
	if f == views.FaultPing {
		faults.FailNextPing()
		return nil
	}
	return faults.DropSocket()
}

// MediaBlocked implements views.Inspector.
func (i *inspector) MediaBlocked() bool {
	faults, err := i.faults()
	return err == nil && faults.Blocked()
}

// BlockMedia implements views.Inspector.
func (i *inspector) BlockMedia(_ context.Context, on bool) error {
	faults, err := i.faults()
	if err != nil {
		return err
	}
	faults.Block(on)
	return nil
}

// Stress implements views.Inspector.
func (i *inspector) Stress(ctx context.Context, o stress.Options, progress func(stress.Result)) (stress.Result, error) {
	if _, err := i.controller.current(); err != nil {
		return stress.Result{}, err
	}
	return stress.Run(ctx, patternPresenter{i.controller}, o, progress)
}

// patternPresenter presents a moving pattern: it needs no screen and shows nothing private.
type patternPresenter struct{ c *controller }

// Start implements stress.Presenter.
func (p patternPresenter) Start(ctx context.Context) error {
	return p.c.present(ctx, connector.PresentationOptions{ContentHint: "detail"}, "",
		func(*shared) (rtc.LocalTrack, error) { return p.c.media.Pattern() })
}

// Stop implements stress.Presenter.
func (p patternPresenter) Stop(ctx context.Context) error { return p.c.StopSharing(ctx) }

// Bundle implements views.Inspector.
func (i *inspector) Bundle(ctx context.Context, w io.Writer) error {
	states, err := i.MachineStates(ctx)
	if err != nil && !errors.Is(err, errNotConnected) {
		return err
	}
	c := report.Contents{
		Version: i.options.Version, Now: time.Now(), Renderer: i.renderer(), Machines: states,
		Settings: i.controller.Model().Settings, Events: i.Events(), Statistics: i.Statistics(), Logs: i.options.Logs,
	}
	if link, err := i.controller.current(); err == nil {
		s := link.Connector.Snapshot()
		c.Snapshot = publicSnapshot(s)
		c.Secrets = append(c.Secrets, string(s.Call.Token))
		if link.Secrets != nil {
			c.Secrets = append(c.Secrets, link.Secrets()...)
		}
	}
	return report.Write(w, c)
}

// publicSnapshot is a snapshot without secrets and without what does not encode.
func publicSnapshot(s session.Snapshot) map[string]any {
	failure := ""
	if s.LastError != nil {
		failure = s.LastError.Error()
	}
	return map[string]any{
		"status": s.SystemStatus(), "connection": s.Connection, "autoConnector": s.AutoConnector, "redial": s.Redial,
		"call": map[string]any{"state": s.Call.State, "number": s.Call.Number, "answered": s.Call.Answer, "room": s.Call.Room,
			"participant": s.Call.ParticipantName, "direct": s.Call.DirectP2P, "started": s.Call.Started, "hasToken": s.Call.Token != ""},
		"incoming": s.Incoming, "presentation": s.Presentation, "callSession": s.CallSession,
		"media": map[string]any{"hasMicrophone": s.Media.HasMicrophone, "hasCamera": s.Media.HasCamera,
			"microphoneOn": s.Media.MicrophoneOn, "cameraOn": s.Media.CameraOn,
			"microphoneMutedByServer": s.Media.MicrophoneMutedByServer, "cameraMutedByServer": s.Media.CameraMutedByServer},
		"remote":    map[string]any{"main": s.Streams.Main.Video() != nil, "presentation": s.Streams.Contented.Video() != nil},
		"lastError": failure,
	}
}

// Suggest implements views.Inspector: where a person looks for what was saved, with the time in the name.
func (i *inspector) Suggest(name string) string {
	extension := filepath.Ext(name)
	return filepath.Join(config.Downloads(), name[:len(name)-len(extension)]+time.Now().Format("-20060102-150405")+extension)
}

// Save implements views.Inspector. What is there already stays.
func (i *inspector) Save(ctx context.Context, path string, write func(context.Context, io.Writer) error) error {
	return saveFile(path, func(w io.Writer) error { return write(ctx, w) })
}

// saveFile writes a new file, whole or not at all.
func saveFile(path string, write func(io.Writer) error) error {
	if !filepath.IsAbs(path) {
		return &os.PathError{Op: "save", Path: path, Err: errors.New("the path must begin at the root")}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("save %s: %w", path, err), os.Remove(path))
	}
	return nil
}

// recordWith attaches the recorder to every new connector, besides whoever is told of it already.
func recordWith(r *recorder.Recorder, told func(Connector)) func(Connector) {
	return func(c Connector) {
		r.Attach(subscriberOf{c})
		if told != nil {
			told(c)
		}
	}
}

// subscriberOf narrows a connector to what the recorder asks of it.
type subscriberOf struct{ c Connector }

func (s subscriberOf) Subscribe(fn func(connector.Event)) func() { return s.c.Subscribe(fn) }
