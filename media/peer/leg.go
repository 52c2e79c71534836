package peer

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
	"parley/media/pionlog"
)

// Gathering of candidates (spec: no trickle).
const (
	gatherQuiet = 2 * time.Second // cut short so long after the last candidate
	gatherLimit = 5 * time.Second // at most in total
)

// leg is one transport: pion's peer connection with its estimator and pacer.
type leg struct {
	pc        *webrtc.PeerConnection
	estimator *estimator
	arrivals  *arrivals
	repairer  *repairer
	gathered  chan struct{} // receives a token at each candidate and at the end
	complete  atomic.Bool
	// pairChanges counts how often another candidate pair was selected.
	pairChanges atomic.Uint64
}

// newLeg makes a peer connection with our codecs and interceptors. Order matters: the estimator is next to the wire, the
// retransmission buffer outside of it, so that retransmissions are paced, numbered and limited too.
func newLeg(c *Config, servers []rtc.ICEServer, formats []format) (*leg, error) {
	loggers := pionlog.Loggers{Log: c.logger()}
	engine, err := newMediaEngine(formats)
	if err != nil {
		return nil, err
	}
	l := &leg{arrivals: newArrivals(), repairer: newRepairer(), gathered: make(chan struct{}, 1)}
	l.estimator = newEstimator()
	l.repairer.rate = l.estimator.repairs
	registry := &interceptor.Registry{}
	registry.Add(l.estimator)
	registry.Add(l.arrivals)
	registry.Add(l.repairer)
	engineSettings := settings(c, loggers)
	configuration := webrtc.Configuration{
		ICEServers: iceServers(servers), BundlePolicy: webrtc.BundlePolicyMaxBundle,
		RTPHeaderEncryptionPolicy: webrtc.RTPHeaderEncryptionPolicyDisable,
	}
	if c.apart != nil {
		configuration.Certificates = c.apart.certificates
		if c.apart.ufrag != "" {
			engineSettings.SetICECredentials(c.apart.ufrag, c.apart.password)
		}
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(engineSettings))
	l.pc, err = api.NewPeerConnection(configuration)
	if err != nil {
		_ = l.estimator.Close()
		return nil, fmt.Errorf("making a peer connection: %w", err)
	}
	l.pc.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(func(*webrtc.ICECandidatePair) {
		l.pairChanges.Add(1)
	})
	l.pc.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		l.complete.Store(candidate == nil)
		select {
		case l.gathered <- struct{}{}:
		default:
		}
	})
	return l, nil
}

func newMediaEngine(formats []format) (*webrtc.MediaEngine, error) {
	engine := &webrtc.MediaEngine{}
	for _, f := range formats {
		kind := webrtc.RTPCodecTypeAudio
		if f.kind == rtc.Video {
			kind = webrtc.RTPCodecTypeVideo
		}
		for _, p := range codecParameters(f) {
			if err := engine.RegisterCodec(p, kind); err != nil {
				return nil, fmt.Errorf("registering %s: %w", f.name, err)
			}
		}
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		for _, uri := range headerExtensions {
			if err := engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return nil, fmt.Errorf("registering a header extension: %w", err)
			}
		}
	}
	return engine, nil
}

// dtlsRetransmission is after how long a flight of the DTLS handshake is sent again at first, then after twice as long and so on.
// RFC 6347 (4.2.4.1) has a second; in calls less is usual, for a person waits and a way is known to exist by then. On one that
// loses every fifth packet a second and its doubles make tens of seconds without picture and sound.
const dtlsRetransmission = 100 * time.Millisecond

func settings(c *Config, loggers logging.LoggerFactory) webrtc.SettingEngine {
	s := webrtc.SettingEngine{LoggerFactory: loggers}
	s.SetDTLSRetransmissionInterval(dtlsRetransmission)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryOnly)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	switch {
	case c.Loopback:
		s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
		s.SetIncludeLoopbackCandidate(true)
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	case offline():
		s.SetIncludeLoopbackCandidate(true) // two programs on a machine without a network still reach each other
	}
	if c.IPFilter != nil {
		s.SetIPFilter(c.IPFilter)
	}
	if c.Net != nil {
		s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
		s.SetNet(c.Net)
	} else if machine, err := newMachineNet(); err == nil { // else pion finds out by itself, and says what is wrong
		s.SetNet(machine)
	}
	if c.Gate != nil {
		if gated, err := c.Gate.network(c.Net); err == nil { // without a list of interfaces there is no way to block them
			s.SetNet(gated)
		}
	}
	s.DisableActiveTCP(true)
	// The remote track exists from the negotiation on, as in W3C, not from its first packet.
	s.SetFireOnTrackBeforeFirstRTP(true)
	s.SetHandleUndeclaredSSRCWithoutAnswer(true)
	// A peer that closes DTLS has not ended the call; SIP does.
	s.DisableCloseByDTLS(true)
	s.SetICETimeouts(c.disconnectedTimeout(), c.failedTimeout(), 2*time.Second)
	s.SetSTUNGatherTimeout(gatherLimit)
	return s
}

// offline tells that no interface but the loopback has an address.
func offline() bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			return false
		}
	}
	return true
}

func iceServers(servers []rtc.ICEServer) []webrtc.ICEServer {
	list := make([]webrtc.ICEServer, 0, len(servers))
	for _, s := range servers {
		list = append(list, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential,
			CredentialType: webrtc.ICECredentialTypePassword})
	}
	return list
}

// gather waits until all candidates are known, nothing new came for gatherQuiet, or gatherLimit is over.
func (l *leg) gather(ctx context.Context, closed <-chan struct{}) error {
	limit := time.NewTimer(gatherLimit)
	defer limit.Stop()
	quiet := time.NewTimer(gatherLimit)
	defer quiet.Stop()
	for {
		if l.pc.ICEGatheringState() == webrtc.ICEGatheringStateComplete {
			return nil
		}
		select {
		case <-l.gathered:
			if l.complete.Load() {
				return nil
			}
			quiet.Reset(gatherQuiet)
		case <-quiet.C:
			return nil
		case <-limit.C:
			return nil
		case <-closed:
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("gathering candidates: %w", ctx.Err())
		}
	}
}
