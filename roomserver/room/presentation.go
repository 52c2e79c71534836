package room

import (
	"parley/connector/signal"
	"parley/roomserver/forward"
)

// The values of x-webrtc-share-state.
const (
	letMeStart    = "LETMESTARTPRESENTATION"
	stopSharing   = "STOPPRESENTATION"
	canReceive    = "YOUCANRECEIVECONTENT"
	contentEnd    = "CONTENTEND"
	mustStop      = "YOUMUSTSTOPSENDCONTENT"
	shareState    = "x-webrtc-share-state"
	shareCodec    = "x-webrtc-share-codec"
	shareDocument = "sharedesktop"
)

// permit grants or refuses a presentation.
func (r *Room) permit(p *Participant) bool {
	r.mu.Lock()
	before := r.presenter
	if p.spectator != nil || before != nil && before != p && !r.rooms.o.TakeOver {
		r.mu.Unlock()
		return false
	}
	r.presenter = p
	source := p.presentation
	others := r.others(p)
	r.mu.Unlock()
	if before != nil && before != p {
		before.share(mustStop)
		r.rooms.event("presenter-stopped", r.about(before, "taken over"))
		p.post(func() { p.hidePresentation(false) })
	}
	r.rooms.event("presenter", r.about(p, "permitted"))
	if source != nil { // his m-line is there from the last time
		r.distribute(source, others)
	}
	return true
}

// presents is called when a participant's presentation begins to arrive.
func (r *Room) presents(p *Participant, source *forward.Source) {
	r.mu.Lock()
	p.presentation = source
	permitted := r.presenter == p
	others := r.others(p)
	r.mu.Unlock()
	if permitted {
		r.rooms.event("presentation", r.about(p, "started"))
		r.distribute(source, others)
	}
}

func (r *Room) distribute(source *forward.Source, others []*Participant) {
	for _, q := range others {
		q.post(func() { q.showPresentation(source) })
	}
}

// endPresentation ends what p presents; false when he is not the presenter.
func (r *Room) endPresentation(p *Participant, reason string) bool {
	r.mu.Lock()
	if r.presenter != p {
		r.mu.Unlock()
		return false
	}
	r.presenter = nil
	others := r.others(p)
	r.mu.Unlock()
	r.presentationEnded(p, others, reason)
	return true
}

func (r *Room) presentationEnded(p *Participant, others []*Participant, reason string) {
	r.rooms.event("presenter-stopped", r.about(p, reason))
	for _, q := range others {
		q.post(func() { q.hidePresentation(true) })
	}
}

// StopPresentation tells the presenter to stop; false when nobody presents.
func (r *Room) StopPresentation() bool {
	r.mu.Lock()
	p := r.presenter
	r.mu.Unlock()
	if p == nil {
		return false
	}
	p.share(mustStop)
	return r.endPresentation(p, "moderator")
}

func (r *Room) about(p *Participant, reason string) map[string]any {
	return map[string]any{"room": r.number, "participant": p.id, "name": p.name, "reason": reason}
}

// current is what is being presented by somebody else, nil for nothing.
func (r *Room) current(p *Participant) *forward.Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.presenter == nil || r.presenter == p {
		return nil
	}
	return r.presenter.presentation
}

// showPresentation runs on the worker: it offers the second video when that is not there yet, and announces the content.
func (p *Participant) showPresentation(source *forward.Source) {
	r := p.room
	r.mu.Lock()
	ready, sound := p.confirmed, p.outlet == nil
	r.mu.Unlock()
	if !ready || sound || r.current(p) != source {
		return // not yet (onConfirmed comes back to it), not able, or over
	}
	if p.spectates() { // his session has a stream for it; without one yet, it gets it at its start
		p.present(source)
		p.announce()
		return
	}
	if p.shared == nil {
		outlet, err := p.addVideo(r.Codec(), presentationTrack, presentationStream)
		if err != nil {
			p.rooms.log.Warn("presentation not forwarded", "participant", p.id, "error", err)
			return
		}
		p.shared = outlet
	}
	if !p.negotiated {
		if err := p.reoffer(); err != nil {
			p.rooms.log.Warn("presentation refused", "participant", p.id, "error", err)
			return
		}
		p.negotiated = true
	}
	if r.current(p) != source {
		return // it ended while the offer was out
	}
	p.shared.Select(source)
	p.announce()
}

func (p *Participant) announce() {
	p.announced = true
	p.share(canReceive, signal.Header{Name: shareCodec, Value: mime(p.room.Codec())})
}

// hidePresentation runs on the worker. The m-line stays for the next one.
func (p *Participant) hidePresentation(tell bool) {
	if p.shared != nil {
		p.shared.Select(nil)
	}
	p.present(nil)
	if p.announced && tell {
		p.share(contentEnd)
	}
	p.announced = false
}

func (p *Participant) share(state string, more ...signal.Header) {
	p.call.Info(shareDocument, append([]signal.Header{{Name: shareState, Value: state}}, more...), nil)
}
