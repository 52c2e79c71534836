package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
)

// enter takes the negotiation slot.
func (p *Conn) enter(ctx context.Context) error {
	select {
	case p.negotiation <- struct{}{}:
	case <-p.closing:
		return ErrClosed
	case <-ctx.Done():
		return fmt.Errorf("waiting for another negotiation: %w", ctx.Err())
	}
	select {
	case <-p.closing:
		p.leave()
		return ErrClosed
	default:
		return nil
	}
}

func (p *Conn) leave() { <-p.negotiation }

// Offer as rtc.PeerConnection. An offer that was not answered is rolled back first.
func (p *Conn) Offer(ctx context.Context, o rtc.OfferOptions) (string, error) {
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	if err := p.settle(); err != nil {
		return "", err
	}
	if err := p.addLines(); err != nil {
		return "", err
	}
	p.mu.Lock()
	restart := (o.ICERestart || p.restart) && p.lastRemote != nil
	p.lastOffer.restart, p.lastOffer.layout, p.lastOffer.refused = restart, slices.Clone(p.layout), p.refused
	p.refused = refusedKinds{audio: o.NoAudio, video: o.NoVideo}
	leg := p.leg
	p.mu.Unlock()
	leg.complete.Store(false)
	offer, err := leg.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		return "", fmt.Errorf("creating an offer: %w", err)
	}
	if err := leg.pc.SetLocalDescription(offer); err != nil {
		return "", fmt.Errorf("%w: %w", rtc.ErrSetLocalDescription, err)
	}
	p.mu.Lock()
	p.signaling = haveLocalOffer
	p.extendLayout()
	p.mu.Unlock()
	if err := leg.gather(ctx, p.closing); err != nil {
		return "", err
	}
	if err := p.offerApart(ctx, rtc.OfferOptions{ICERestart: restart, NoAudio: o.NoAudio, NoVideo: o.NoVideo}); err != nil {
		return "", err
	}
	return p.localText(false)
}

// extendLayout adds the lines that the offer carries for the first time. Under mu.
func (p *Conn) extendLayout() {
	for _, l := range p.lines {
		mid := l.mid()
		if mid == "" || slices.Contains(p.layout, mid) {
			continue
		}
		// A presentation that was given up before anyone knew of it leaves no empty m-line behind.
		if l.sending != nil && l.slot == rtc.SlotPresentation && l.sending.track == nil {
			continue
		}
		p.layout = append(p.layout, mid)
	}
}

// ApplyAnswer as rtc.PeerConnection. When it fails the offer stays open: another answer may follow, or Rollback; media
// goes on as agreed before. ErrState: there is no open offer.
func (p *Conn) ApplyAnswer(ctx context.Context, answer string) error {
	if err := p.enter(ctx); err != nil {
		return err
	}
	defer p.leave()
	p.mu.Lock()
	state, layout := p.signaling, slices.Clone(p.layout)
	p.mu.Unlock()
	if state != haveLocalOffer {
		return fmt.Errorf("%w: an answer without an offer", ErrState)
	}
	r, err := parseRemote(answer, true, layout, p.formats, false)
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if err := matchLayout(r, layout); err != nil {
		return err
	}
	r.remember(p.agreedRemote())
	undo := p.apply(r)
	if err := p.leg.pc.SetRemoteDescription(webrtc.SessionDescription{
		Type: webrtc.SDPTypeAnswer, SDP: r.forPion(),
	}); err != nil {
		undo()
		return fmt.Errorf("applying the answer: %w", err)
	}
	p.mu.Lock()
	p.signaling, p.lastRemote = stable, r
	if p.lastOffer.restart {
		p.restart = false
	}
	if p.peerSetup == "" {
		p.peerSetup = "active"
		if r.setup == "passive" {
			p.peerSetup = "passive"
		}
	}
	p.mu.Unlock()
	p.applyApart(ctx, r)
	p.commit()
	return nil
}

// Answer as rtc.PeerConnection. An open offer of ours is rolled back first; when Answer fails, everything is as before.
func (p *Conn) Answer(ctx context.Context, offer string) (string, error) {
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	if err := p.settle(); err != nil {
		return "", err
	}
	p.mu.Lock()
	layout := slices.Clone(p.layout)
	p.mu.Unlock()
	r, err := parseRemote(offer, false, layout, p.formats, len(p.rtc.Codecs.Preferred) > 0)
	if err != nil {
		return "", fmt.Errorf("reading the offer: %w", err)
	}
	r.remember(p.agreedRemote())
	p.leg.complete.Store(false)
	if err := p.leg.pc.SetRemoteDescription(webrtc.SessionDescription{
		Type: webrtc.SDPTypeOffer, SDP: r.forPion(),
	}); err != nil {
		return "", errors.Join(fmt.Errorf("applying the offer: %w", err), p.settle())
	}
	p.adoptTransceivers(r)
	p.adoptApart(r)
	undo := p.apply(r)
	if err := p.answerPion(); err != nil {
		undo()
		return "", errors.Join(err, p.settle())
	}
	p.mu.Lock()
	p.lastRemote = r
	for _, s := range r.sections {
		if !slices.Contains(p.layout, s.mid) {
			p.layout = append(p.layout, s.mid)
		}
	}
	if p.peerSetup == "" {
		p.peerSetup = "passive" // what a peer becomes that leaves the choice to us
		if r.setup == "active" {
			p.peerSetup = "active"
		}
	}
	p.mu.Unlock()
	p.answerApart(ctx, r)
	p.commit()
	if err := p.leg.gather(ctx, p.closing); err != nil {
		return "", err
	}
	return p.localText(true)
}

func (p *Conn) answerPion() error {
	answer, err := p.leg.pc.CreateAnswer(nil)
	if err != nil {
		return fmt.Errorf("creating an answer: %w", err)
	}
	if err := p.leg.pc.SetLocalDescription(answer); err != nil {
		return fmt.Errorf("%w: %w", rtc.ErrSetLocalDescription, err)
	}
	return nil
}
