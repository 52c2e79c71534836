package main

import (
	"context"
	"errors"
	"os"

	"parley/e2e/harness"
	"parley/e2e/link"
)

// far runs the room server and answers one call with the stamped pattern; interrupted, it tells what it received.
func far(ctx context.Context) error {
	room, err := harness.Start(os.Getenv("PARLEY_BINARY"), nil, "room", "--listen", link.FarAddress+":0",
		"--user", caller+":"+secret, "--user", callee+":"+secret)
	if err != nil {
		return err
	}
	defer room.Kill()
	address, err := room.Ready(ctx)
	if err != nil {
		return err
	}
	*server = address.Host
	judge, err := newJudge()
	if err != nil {
		return err
	}
	eye := &eye{look: judge.look}
	p, err := newParty(ctx, callee, "pattern", eye)
	if err != nil {
		return err
	}
	if err := say("ready", address.Host); err != nil {
		return err
	}
	select {
	case <-p.ringing:
		err = p.client.Connector.Accept(ctx, p.stream())
	case <-ctx.Done():
	}
	if err == nil {
		<-ctx.Done()
		err = say("result", result{Frames: eye.all(), Sound: p.sounds()})
	}
	return errors.Join(err, p.close())
}

func (p *party) sounds() []soundSample {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sound
}
