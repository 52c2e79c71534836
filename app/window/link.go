package window

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/url"
	"time"

	"parley/app/client"
	"parley/connector"
	"parley/connector/fault"
	"parley/connector/redial"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/media/peer"
	"parley/views"
	"parley/views/kept"
)

// Connector is what the window asks of connector.Connector.
type Connector interface {
	Connect(ctx context.Context, p connector.ConnectParameters) error
	Disconnect(ctx context.Context) error
	Call(ctx context.Context, p connector.CallParameters) error
	HangUp(ctx context.Context) error
	Answer(ctx context.Context, p connector.AnswerParameters) error
	DeclineCall(ctx context.Context, id string, busy bool) error
	ReplaceStream(ctx context.Context, stream rtc.LocalStream, o connector.ReplaceOptions) error
	SetMicrophone(ctx context.Context, on bool) error
	SetCamera(ctx context.Context, on bool) error
	Hold(ctx context.Context, on bool) error
	StartPresentation(ctx context.Context, track rtc.LocalTrack, o connector.PresentationOptions) error
	ReplacePresentation(ctx context.Context, track rtc.LocalTrack, o connector.PresentationOptions) error
	StopPresentation(ctx context.Context) error
	SendDTMF(ctx context.Context, tones string) error
	RefuseMicrophone(ctx context.Context) error
	RefuseCamera(ctx context.Context) error
	RestartAutoConnect(ctx context.Context) error
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
	Ring func(kept.Settings) (stop func())
	// SetSpeaker moves the sound to another device; nil when there is no sound.
	SetSpeaker func(device string)
	// SetVolume of the sound, percent; LookForSpeaker says that devices came or went. Both as SetSpeaker.
	SetVolume      func(percent int)
	LookForSpeaker func()
	// States reads the states of all machines; nil: there is no way to.
	States func(ctx context.Context) (map[string]string, error)
	// Faults break the link on purpose; nil: nothing can.
	Faults Faults
	// Secrets must not appear in a report.
	Secrets func() []string
	// Close disconnects and waits until nothing runs any more.
	Close func(ctx context.Context) error
}

// LinkOptions are what a link is made of.
type LinkOptions struct {
	Form     views.SignIn
	TLS      *tls.Config
	Settings kept.Settings
	ICE      []rtc.ICEServer // beside those of the server
	Proxy    *url.URL        // nil: as the environment says
}

// secrets are what no report may hold.
func (o LinkOptions) secrets() []string {
	list := []string{o.Form.Password}
	for _, s := range o.ICE {
		list = append(list, s.Credential)
	}
	return list
}

// Opener makes a link; nothing is sent before Connect.
type Opener func(LinkOptions) (*Link, error)

// openLink is the Opener with real parts.
// speaker is told what plays now, failed of what has no codec that opens.
func openLink(o Options, speaker func(device string), failed func(peer.CodecFailure)) Opener {
	return func(l LinkOptions) (*Link, error) {
		options := clientOptions(o, l)
		options.SpeakerChanged, options.CodecFailed = speaker, failed
		made, err := client.New(options)
		if err != nil {
			return nil, err
		}
		made.SetVolume(volumeOf(l.Settings.Devices))
		return &Link{
			Connector:  made.Connector,
			Connect:    made.Connect,
			Ring:       func(s kept.Settings) func() { return ringerOf(o, s).ring(made.Mixer) },
			SetSpeaker: made.SetSpeaker, SetVolume: made.SetVolume, LookForSpeaker: made.LookForSpeaker,
			States:  made.Connector.MachineStates,
			Faults:  clientFaults{made.Faults, made.Gate},
			Secrets: l.secrets,
			Close:   made.Close,
		}, nil
	}
}

// clientFaults are the faults of signalling and of media.
type clientFaults struct {
	*fault.Switch
	*peer.Gate
}

// clientOptions is where settings become what client and connector understand.
func clientOptions(o Options, l LinkOptions) client.Options {
	s := l.Settings
	made := client.Options{
		Server: l.Form.Server, User: l.Form.User, Password: l.Form.Password, Guest: l.Form.Guest, Name: l.Form.Name,
		TLS: l.TLS, Speaker: speakerOf(s.Devices), Silent: o.Silent,
		Processor: o.Processor, CallWaiting: true,
		Codecs:   rtc.Codecs{Preferred: s.PreferredCodecs, Excluded: s.ExcludedCodecs},
		MaxWidth: width(s.Video.Height), MaxHeight: s.Video.Height,
		MaxBitrate: s.SendLimit * 1000, MaxReceiveBitrate: s.ReceiveLimit * 1000,
		Balancer:       connector.BalancerConfig{Off: !s.Balancer},
		Recovery:       connector.RecoveryConfig{Samples: s.Samples, Throttle: time.Duration(s.Throttle) * time.Millisecond},
		Redial:         redial.Options{MaxAttempts: s.RedialAttempts},
		MoreICEServers: l.ICE, Proxy: l.Proxy, KeepConnected: s.Reconnect,
		InstanceID: o.InstanceID, UserAgent: o.UserAgent, Logger: o.Logger,
	}
	return made
}

// width of a picture of that height at 16:9, even as encoders want it.
func width(height int) int { return (height*16/9 + 1) &^ 1 }

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
