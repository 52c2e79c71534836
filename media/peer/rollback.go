package peer

import (
	"context"
	"errors"
	"fmt"

	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
)

// Rollback as rtc.PeerConnection.
func (p *Conn) Rollback(ctx context.Context) error {
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer p.leave()
	return errors.Join(p.settle(), p.rollbackApart(ctx))
}

// settle brings both us and pion back to stable. pion knows no rollback: an open offer is closed by giving it the answer
// agreed last once more; before there was one, a fresh leg takes the place of the old.
func (p *Conn) settle() error {
	p.mu.Lock()
	if p.signaling == haveLocalOffer {
		p.layout, p.refused = p.lastOffer.layout, p.lastOffer.refused
		p.restart = p.restart || p.lastOffer.restart
	}
	p.signaling = stable
	remote, leg, setup := p.lastRemote, p.leg, p.peerSetup
	p.mu.Unlock()
	switch leg.pc.SignalingState() {
	case webrtc.SignalingStateStable:
		return nil
	case webrtc.SignalingStateHaveLocalOffer:
		if remote == nil {
			return p.rebuild()
		}
		again := *remote
		again.setup = setup
		if err := leg.pc.SetRemoteDescription(webrtc.SessionDescription{
			Type: webrtc.SDPTypeAnswer, SDP: again.forPion(),
		}); err != nil {
			return fmt.Errorf("rolling back an offer: %w", err)
		}
		return nil
	case webrtc.SignalingStateHaveRemoteOffer:
		if remote == nil {
			return p.rebuild()
		}
		if err := p.answerPion(); err != nil {
			return fmt.Errorf("rolling back the peer's offer: %w", err)
		}
		return nil
	default:
		return ErrClosed
	}
}

// rebuild replaces a leg that never had an agreement.
func (p *Conn) rebuild() error {
	p.mu.Lock()
	old := p.leg
	var lines []*line
	for _, l := range p.lines {
		if l.sending != nil || p.rtc.ReceiveAudio+p.rtc.ReceiveVideo > 0 {
			l.transceiver = nil
			lines = append(lines, l)
		}
	}
	p.lines, p.layout, p.foreign = lines, nil, map[string]*remoteSection{}
	p.mu.Unlock()
	if err := p.newLeg(); err != nil {
		return err
	}
	p.mu.Lock()
	p.own, p.state = rtc.StateNew, rtc.StateNew
	p.mu.Unlock()
	if err := old.close(); err != nil {
		p.log.Debug("closing an unused transport", "error", err)
	}
	return p.addLines()
}
