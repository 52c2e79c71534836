package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"

	"parley/e2e/bench/kit"
	"parley/e2e/bench/usage"
)

// errNoBaresip means that the comparison is left out.
var errNoBaresip = errors.New("baresip is not installed (scripts/packages.sh bench installs it)")

// baresip measures one of two baresips that call each other over SIP and RTP on this machine, with the same content and
// codecs as the others: it speaks no SIP over WebSockets, and neither ICE nor DTLS is asked of it. What it decodes it does
// not draw. It tells neither when the first frame came nor a frame's delay.
func (b *bench) baresip(ctx context.Context, codec string, _ *url.URL) (r result, err error) {
	if _, err := exec.LookPath("baresip"); err != nil {
		return r, errNoBaresip
	}
	if err := b.longSpeech(ctx); err != nil {
		return r, err
	}
	var phones [2]*phone
	for i, name := range []string{"callee", "caller"} {
		p, err := b.startPhone(name, codec, phonePorts[i])
		if err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, p.end()) }()
		phones[i] = p
		if err := p.until(ctx, "baresip is ready"); err != nil {
			return r, err
		}
	}
	answering, calling := phones[0], phones[1]
	if err := calling.say(fmt.Sprintf("/dial sip:callee@127.0.0.1:%d", answering.port)); err != nil {
		return r, err
	}
	for _, p := range phones {
		if err := p.until(ctx, "Call established"); err != nil {
			return r, err
		}
	}
	// Its own figures of frames a second need some seconds more than the rest.
	if err := kit.Pause(ctx, 2*warming); err != nil {
		return r, err
	}
	from, err := usage.Measure(calling.pid())
	if err != nil {
		return r, err
	}
	if err := kit.Pause(ctx, *measuring); err != nil {
		return r, err
	}
	to, err := usage.Measure(calling.pid())
	if err != nil {
		return r, err
	}
	r.cpu, r.memory = usage.Cores(from, to), to.Memory
	r.sent, r.decoded = calling.frameRates()
	return r, nil
}
