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

// agreedRemote is the peer's description agreed last.
func (p *Conn) agreedRemote() *remoteDescription {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lastRemote
}

// matchLayout checks that an answer has the offer's m-lines (RFC 3264, section 6). Fewer are tolerated: what is missing
// is refused.
func matchLayout(r *remoteDescription, layout []string) error {
	for _, s := range r.sections {
		if !slices.Contains(layout, s.mid) {
			return fmt.Errorf("%w: the answer has an m-line %q that was not offered", ErrDescription, s.mid)
		}
	}
	for _, mid := range layout {
		if r.section(mid) == nil {
			r.sections = append(r.sections, remoteSection{mid: mid, rejected: true})
		}
	}
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
		p.peerSetup = "passive"
		if r.setup == "passive" {
			p.peerSetup = "passive"
		} else if r.setup == "active" {
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

// adoptTransceivers makes lines of the transceivers that the peer's offer made pion create.
func (p *Conn) adoptTransceivers(r *remoteDescription) {
	all := p.leg.pc.GetTransceivers()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range all {
		s := r.section(t.Mid())
		if t.Mid() == "" || s == nil || slices.ContainsFunc(p.lines, func(l *line) bool { return l.transceiver == t }) {
			continue
		}
		p.lines = append(slices.Clip(p.lines), &line{kind: s.kind, transceiver: t, want: recvOnly})
	}
}

// apply gives the lines what the peer's description says and returns a function that takes it back.
func (p *Conn) apply(r *remoteDescription) (undo func()) {
	type before struct {
		section *remoteSection
		agreed  direction
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	saved := map[*line]before{}
	foreign := p.foreign
	p.foreign = map[string]*remoteSection{}
	for _, l := range p.lines {
		saved[l] = before{l.section, l.agreed}
		s := r.section(l.mid())
		if s == nil {
			continue
		}
		l.section, l.agreed = s, inactive
		if s.usable() {
			l.agreed = p.wanted(l) & s.direction.reversed()
		}
	}
	for i := range r.sections {
		if s := &r.sections[i]; !s.acceptable() {
			p.foreign[s.mid] = s
		}
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.foreign = foreign
		for l, b := range saved {
			l.section, l.agreed = b.section, b.agreed
		}
	}
}

// localText is our description for the peer.
func (p *Conn) localText(answer bool) (string, error) {
	d := p.leg.pc.LocalDescription()
	if d == nil {
		return "", ErrClosed
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	layout := make([]localSection, 0, len(p.layout))
	for _, mid := range p.layout {
		layout = append(layout, p.localSection(mid, answer))
	}
	for _, f := range p.formats {
		if p.receive.name(f.pt) == "" {
			p.receive.set(f.pt, f.name)
		}
	}
	return rewriteLocal(d.SDP, layout, !answer || p.lastRemote == nil || p.lastRemote.bundle)
}

// localSection tells how an m-line of ours goes out. Under mu.
func (p *Conn) localSection(mid string, answer bool) localSection {
	i := slices.IndexFunc(p.lines, func(l *line) bool { return l.mid() == mid })
	if s := p.foreign[mid]; s != nil && (answer || i < 0) {
		out := localSection{mid: mid, media: s.media, protocol: s.protocol, refused: true}
		if out.media == "" {
			out.media, out.protocol = "video", "UDP/TLS/RTP/SAVPF"
		}
		return out
	}
	if i < 0 {
		return localSection{mid: mid, media: "video", protocol: "UDP/TLS/RTP/SAVPF", refused: true}
	}
	l := p.lines[i]
	if l.apart != nil {
		if m := l.apart.ownSection(mid); m != nil {
			return localSection{mid: mid, ready: m}
		}
	}
	if answer && l.section != nil && l.section.apart {
		return localSection{mid: mid, media: string(l.kind), protocol: "UDP/TLS/RTP/SAVPF", refused: true}
	}
	out := localSection{mid: mid, media: string(l.kind), protocol: "UDP/TLS/RTP/SAVPF", direction: p.wanted(l)}
	if answer && l.section != nil {
		out.direction, out.formats = l.agreed, l.section.formats
	}
	return out
}
