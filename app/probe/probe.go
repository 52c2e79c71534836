// Package probe checks the way to a server step by step, with the connector's own code: `parley probe`. Every step says
// what it found and how long it took, and where it failed why and what to do. A step that hangs is cut off.
//
// One goroutine goes through the steps in order, since each needs what the one before has found; only the addresses of
// one host are tried at the same time.
package probe

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"parley/app/problem"
	"parley/connector/discovery"
	"parley/connector/rtc"
)

// DefaultStepTime bounds one step.
const DefaultStepTime = 5 * time.Second

// Options of Run.
type Options struct {
	Server         string // host[:port]
	Plain          bool   // http and ws instead of https and wss
	User, Password string // "" registers nobody; the password is never logged or shown
	TLS            *tls.Config
	// ICEServers are checked besides those that the server names.
	ICEServers []rtc.ICEServer
	InstanceID string
	UserAgent  string
	StepTime   time.Duration // DefaultStepTime when 0
	Resolver   *net.Resolver // nil: the system's
	Logger     *slog.Logger
}

// Run takes the steps and reports each as soon as it is done. It returns all results; ctx ends it early, which makes the
// step it is in fail and leaves out the rest.
func Run(ctx context.Context, o Options, report func(Result)) []Result {
	if o.StepTime <= 0 {
		o.StepTime = DefaultStepTime
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &probe{o: o, report: report}
	p.run(ctx)
	return p.results
}

// probe is one run.
type probe struct {
	o       Options
	report  func(Result)
	results []Result

	host, port string
	proxy      *url.URL // HTTP and WebSocket go through it
	addresses  []net.IP
	server     discovery.Address
}

// run takes the steps up to the first failure; those after it are reported as skipped.
func (p *probe) run(ctx context.Context) {
	failed := ""
	for _, part := range []struct {
		step Step
		take func(context.Context) bool
	}{
		{StepDNS, func(ctx context.Context) bool { return p.step(ctx, StepDNS, p.o.Server, p.lookUp) }},
		{StepTCP, func(ctx context.Context) bool { return p.step(ctx, StepTCP, p.o.Server, p.connect) }},
		{StepTLS, p.secure},
		{StepParameters, func(ctx context.Context) bool { return p.step(ctx, StepParameters, p.o.Server, p.parameters) }},
	} {
		switch {
		case failed != "":
			p.skip(part.step, failed)
		case !part.take(ctx):
			failed = "not reached: " + string(part.step) + " failed"
		}
	}
	if failed == "" {
		p.signalling(ctx)
	} else {
		for _, step := range []Step{StepWebSocket, StepOptions, StepRegistration} {
			p.skip(step, failed)
		}
	}
	p.ice(ctx, failed == "")
}

// outcome is what a step found.
type outcome struct {
	detail  string
	warning string // it works, but
	fix     string // for the warning, or what to do beyond what the error says
	err     error
}

// step takes one step within its time and reports it; it tells whether the next one makes sense.
func (p *probe) step(ctx context.Context, step Step, target string, take func(context.Context) outcome) bool {
	limited, cancel := context.WithTimeout(ctx, p.o.StepTime)
	defer cancel()
	start := time.Now()
	found := take(limited)
	r := Result{Step: step, Target: target, Status: OK, Took: Milliseconds(time.Since(start)), Detail: found.detail, Fix: found.fix}
	switch {
	case found.err != nil:
		r.Status = Failed
		explained := problem.New("", found.err)
		r.Why = explained.Why
		if r.Fix == "" {
			r.Fix = explained.Fix
		}
	case found.warning != "":
		r.Status, r.Why = Warning, found.warning
	}
	p.add(r)
	return found.err == nil
}

func (p *probe) skip(step Step, why string) { p.add(Result{Step: step, Status: Skipped, Why: why}) }

func (p *probe) add(r Result) {
	p.results = append(p.results, r)
	p.report(r)
}

// secure is the TLS step, where there is one of its own.
func (p *probe) secure(ctx context.Context) bool {
	switch {
	case p.o.Plain:
		p.skip(StepTLS, "--plain: anyone in between can listen")
	case p.proxy != nil:
		p.skip(StepTLS, "goes through the proxy: the next step checks it")
	default:
		return p.step(ctx, StepTLS, p.o.Server, p.handshake)
	}
	return true
}

func (p *probe) parameters(ctx context.Context) outcome {
	client := &http.Client{
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: p.o.TLS.Clone(), DisableKeepAlives: true},
		// As the application does: a redirection could lead out of TLS.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	address, err := discovery.Fetch(ctx, client, p.o.Server, p.o.Plain)
	if err != nil {
		return outcome{err: err}
	}
	p.server = address
	if !address.Told {
		return outcome{detail: "none told: " + address.SIPServerIP + " serves as SIP domain"}
	}
	detail := "SIP domain " + address.SIPServerIP
	if address.RemoteAddress != "" {
		detail += ", we are " + address.RemoteAddress
	}
	if n := len(urls(address.ICEServers)); n == 0 {
		detail += ", no ICE servers"
	} else {
		detail += ", ICE servers " + strings.Join(urls(address.ICEServers), " ")
	}
	return outcome{detail: detail}
}

func urls(servers []rtc.ICEServer) (list []string) {
	for _, s := range servers {
		list = append(list, s.URLs...)
	}
	return list
}
