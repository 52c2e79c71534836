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
func (r *Room) permit(m *member) bool {
	r.mu.Lock()
	before := r.presenter
	if before != nil && before != m && !r.rooms.o.TakeOver && !m.takesOver {
		r.mu.Unlock()
		return false
	}
	r.presenter = m
	source := m.presentation
	others := r.others(m)
	r.mu.Unlock()
	if before != nil && before != m {
		before.mustStop()
		r.rooms.event("presenter-stopped", r.about(before, "taken over"))
	}
	r.rooms.event("presenter", r.about(m, "permitted"))
	if source != nil { // his m-line is there from the last time
		r.distribute(source, others)
	}
	return true
}

// presents is called when a member's presentation begins to arrive.
func (r *Room) presents(m *member, source *forward.Source) {
	r.mu.Lock()
	m.presentation = source
	permitted := r.presenter == m
	others := r.others(m)
	r.mu.Unlock()
	if permitted {
		r.rooms.event("presentation", r.about(m, "started"))
		r.distribute(source, others)
	}
}

func (r *Room) distribute(source *forward.Source, others []*Participant) {
	for _, q := range others {
		q.post(func() { q.showPresentation(source) })
	}
}

// endPresentation ends what m presents; false when he is not the presenter.
func (r *Room) endPresentation(m *member, reason string) bool {
	r.mu.Lock()
	if r.presenter != m {
		r.mu.Unlock()
		return false
	}
	r.presenter = nil
	others := r.others(m)
	r.mu.Unlock()
	r.presentationEnded(m, others, reason)
	return true
}

func (r *Room) presentationEnded(m *member, others []*Participant, reason string) {
	r.rooms.event("presenter-stopped", r.about(m, reason))
	for _, q := range others {
		q.post(func() { q.hidePresentation(true) })
	}
}

// StopPresentation tells the presenter to stop; false when nobody presents.
func (r *Room) StopPresentation() bool {
	r.mu.Lock()
	m := r.presenter
	r.mu.Unlock()
	if m == nil {
		return false
	}
	m.mustStop()
	return r.endPresentation(m, "moderator")
}

func (r *Room) about(m *member, reason string) map[string]any {
	return map[string]any{"room": r.number, "participant": m.id, "name": m.name, "reason": reason}
}

// current is what is being presented by somebody else, nil for nothing.
func (r *Room) current(p *Participant) *forward.Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.presenter == nil || r.presenter == &p.member {
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
	if p.shared.Load() == nil {
		outlet, err := p.addVideo(r.Codec(), presentationTrack, presentationStream)
		if err != nil {
			p.rooms.log.Warn("presentation not forwarded", "participant", p.id, "error", err)
			return
		}
		p.shared.Store(outlet)
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
	p.shared.Load().Select(source)
	p.announce()
}

func (p *Participant) announce() {
	p.announced = true
	p.share(canReceive, signal.Header{Name: shareCodec, Value: mime(p.room.Codec())})
}

// hidePresentation runs on the worker. The m-line stays for the next one.
func (p *Participant) hidePresentation(tell bool) {
	if shared := p.shared.Load(); shared != nil {
		shared.Select(nil)
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
