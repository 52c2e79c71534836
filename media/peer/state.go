package peer

import (
	"time"

	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
	"parley/media/video"
)

func (p *Conn) changeState(l *leg, s webrtc.PeerConnectionState) {
	state := rtc.ConnectionState(s.String())
	p.mu.Lock()
	if p.leg != l || p.state == rtc.StateClosed || p.own == state {
		p.mu.Unlock()
		return
	}
	p.own = state
	lines := p.lines
	p.mu.Unlock()
	if state == rtc.StateConnected {
		for _, x := range lines {
			if x.sending != nil && x.sending.video != nil {
				x.sending.video.requestKey()
			}
		}
	}
	p.combine()
}

// combine works out the connection's state from those of its legs (W3C RTCPeerConnectionState) and reports a change.
func (p *Conn) combine() {
	p.mu.Lock()
	if p.state == rtc.StateClosed {
		p.mu.Unlock()
		return
	}
	states := []rtc.ConnectionState{p.own}
	for _, l := range p.lines {
		if l.apart != nil {
			states = append(states, l.apart.ConnectionState())
		}
	}
	state := combined(states)
	if state == p.state {
		p.mu.Unlock()
		return
	}
	p.state = state
	fn := p.onState
	p.mu.Unlock()
	if fn != nil {
		p.post(func() { fn(state) })
	}
}

// combined: the worst counts, in this order.
func combined(states []rtc.ConnectionState) rtc.ConnectionState {
	worst := []rtc.ConnectionState{rtc.StateFailed, rtc.StateDisconnected, rtc.StateConnecting, rtc.StateNew}
	for _, w := range worst {
		for _, s := range states {
			if s != w {
				continue
			}
			if w == rtc.StateNew && len(states) > 1 {
				return rtc.StateConnecting
			}
			return w
		}
	}
	return states[0]
}

// post queues a callback.
func (p *Conn) post(fn func()) {
	p.mu.Lock()
	p.queue = append(p.queue, fn)
	p.mu.Unlock()
	select {
	case p.events <- struct{}{}:
	default:
	}
}

func (p *Conn) deliver() {
	defer p.workers.Done()
	for {
		closing := false
		select {
		case <-p.events:
		case <-p.closing:
			closing = true
		}
		for {
			p.mu.Lock()
			if len(p.queue) == 0 {
				p.mu.Unlock()
				break
			}
			fn := p.queue[0]
			p.queue = p.queue[1:]
			p.mu.Unlock()
			fn()
		}
		if closing {
			return
		}
	}
}

// housekeeping repeats requests and gives up lost packets.
func (p *Conn) housekeeping() {
	defer p.workers.Done()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	var receivers []*videoReceiver
	var sounds []*audioReceiver
	for {
		select {
		case <-p.closing:
			return
		case <-ticker.C:
		}
		receivers, sounds = receivers[:0], sounds[:0]
		p.mu.Lock()
		for _, l := range p.lines {
			if l.video != nil {
				receivers = append(receivers, l.video)
			}
			if l.audio != nil {
				sounds = append(sounds, l.audio)
			}
		}
		rtt := p.rtt
		p.mu.Unlock()
		now := video.Now()
		for _, v := range receivers {
			v.tick(now, rtt)
		}
		for _, a := range sounds {
			a.tick(now, rtt)
		}
		p.reportReception(now)
		p.reportSending(now)
		p.sendREMB(now)
		p.syncLips(now)
	}
}

// OnTrack as rtc.PeerConnection. The tracks that are there already are announced too.
func (p *Conn) OnTrack(fn func(rtc.RemoteTrack)) {
	p.mu.Lock()
	p.onTrack = fn
	p.announced = nil
	p.mu.Unlock()
	p.announce()
}

// announce posts the remote tracks that have not been announced.
func (p *Conn) announce() {
	p.mu.Lock()
	fn := p.onTrack
	var list []*RemoteTrack
	if fn != nil {
		for _, t := range p.remoteList {
			if !containsTrack(p.announced, t) {
				list = append(list, t)
			}
		}
		p.announced = append([]*RemoteTrack(nil), p.remoteList...)
	}
	p.mu.Unlock()
	for _, t := range list {
		p.post(func() { fn(t) })
	}
}

// RemoteTracks as rtc.PeerConnection, in the order of their m-lines.
func (p *Conn) RemoteTracks() []rtc.RemoteTrack {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]rtc.RemoteTrack, 0, len(p.remoteList))
	for _, t := range p.remoteList {
		list = append(list, t)
	}
	return list
}

// OnConnectionState as rtc.PeerConnection.
func (p *Conn) OnConnectionState(fn func(rtc.ConnectionState)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onState = fn
}

// ConnectionState as rtc.PeerConnection.
func (p *Conn) ConnectionState() rtc.ConnectionState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}
