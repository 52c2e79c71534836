package window

import (
	"context"
	"crypto/tls"
	"log/slog"

	"parley/app/client"
	"parley/connector"
	"parley/connector/fault"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/peer"
	"parley/views"
)

// Connector is what the window asks of connector.Connector.
type Connector interface {
	Connect(ctx context.Context, p connector.ConnectParameters) error
	Disconnect(ctx context.Context) error
	Call(ctx context.Context, p connector.CallParameters) error
	HangUp(ctx context.Context) error
	Accept(ctx context.Context, stream rtc.LocalStream) error
	Decline(ctx context.Context, busy bool) error
	SetMicrophone(ctx context.Context, on bool) error
	SetCamera(ctx context.Context, on bool) error
	StartPresentation(ctx context.Context, track rtc.LocalTrack, o connector.PresentationOptions) error
	ReplacePresentation(ctx context.Context, track rtc.LocalTrack, o connector.PresentationOptions) error
	StopPresentation(ctx context.Context) error
	SendDTMF(ctx context.Context, tones string) error
	Snapshot() session.Snapshot
	Watch(fn func(session.Snapshot)) (cancel func())
	Subscribe(fn func(connector.Event)) (cancel func())
	Close(ctx context.Context) error
}

// Link is one server's connector with its sound.
type Link struct {
	Connector Connector
	// Connect asks the server for its parameters and connects.
	Connect func(ctx context.Context) error
	// Ring rings until stopped; nil rings nothing.
	Ring func() (stop func())
	// SetSpeaker moves the sound to another device; nil when there is no sound.
	SetSpeaker func(device string)
	// States reads the states of all machines; nil: there is no way to.
	States func(ctx context.Context) (map[string]string, error)
	// Faults break the link on purpose; nil: nothing can.
	Faults Faults
	// Secrets must not appear in a report.
	Secrets func() []string
	// Close disconnects and waits until nothing runs any more.
	Close func(ctx context.Context) error
}

// Opener makes a link; nothing is sent before Connect.
type Opener func(form views.SignIn, tls *tls.Config) (*Link, error)

// openLink is the Opener with real parts.
func openLink(o Options, speaker func() string) Opener {
	return func(form views.SignIn, tlsConfig *tls.Config) (*Link, error) {
		made, err := client.New(client.Options{
			Server: form.Server, User: form.User, Password: form.Password, Guest: form.Guest, Name: form.Name,
			TLS: tlsConfig, Speaker: speaker(), Silent: o.Silent, Processor: o.Processor,
			InstanceID: o.InstanceID, UserAgent: o.UserAgent, Logger: o.Logger,
		})
		if err != nil {
			return nil, err
		}
		return &Link{
			Connector:  made.Connector,
			Connect:    made.Connect,
			Ring:       func() func() { return ring(made.Mixer) },
			SetSpeaker: made.SetSpeaker,
			States:     made.Connector.MachineStates,
			Faults:     clientFaults{made.Faults, made.Gate},
			Secrets:    func() []string { return []string{form.Password} },
			Close:      made.Close,
		}, nil
	}
}

// clientFaults are the faults of signalling and of media.
type clientFaults struct {
	*fault.Switch
	*peer.Gate
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
