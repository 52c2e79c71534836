package peer

import (
	"slices"

	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
)

// commit makes media follow the new agreement.
func (p *Conn) commit() {
	p.mu.Lock()
	lines := p.lines
	for _, l := range lines {
		if l.section == nil {
			continue
		}
		for _, f := range l.section.formats {
			p.receive.set(f.pt, f.name)
		}
	}
	p.mu.Unlock()
	for _, l := range lines {
		p.commitSending(l)
		p.commitRemote(l)
		p.commitRepair(l)
	}
	p.mu.Lock()
	p.remoteList = nil
	for _, l := range lines {
		if l.remote != nil {
			p.remoteList = append(p.remoteList, l.remote)
		}
		if l.apart != nil {
			p.remoteList = append(p.remoteList, l.apart.remoteTracks()...)
		}
	}
	p.mu.Unlock()
	p.announce()
}

func (p *Conn) commitSending(l *line) {
	p.mu.Lock()
	s, f := l.sending, l.sendFormat()
	var copied *format
	if f != nil {
		c := *f
		copied = &c
	}
	var sender *webrtc.RTPSender
	if s != nil && !s.bound && l.transceiver != nil && l.section != nil && l.section.usable() {
		if sender = l.transceiver.Sender(); sender != nil {
			s.bound = true
		}
	}
	p.mu.Unlock()
	if s == nil {
		return
	}
	if s.audio != nil {
		s.audio.setFormat(copied)
	} else {
		s.video.setFormat(copied)
	}
	if sender != nil {
		p.work(func() { p.readSenderRTCP(s, sender) })
	}
}

// commitRemote begins or ends the remote track of a line.
func (p *Conn) commitRemote(l *line) {
	p.mu.Lock()
	receives := l.agreed.receives() && l.section != nil
	same := false
	if receives && l.remote != nil {
		stream, id := l.section.ids()
		same = l.remote.id == id && l.remote.stream == stream
	}
	p.mu.Unlock()
	if same {
		return
	}
	p.endRemote(l)
	if !receives {
		return
	}
	t := newRemoteTrack(l.section)
	var r receiver
	if l.kind == rtc.Video {
		r.video = p.newVideoReceiver(t)
	} else {
		r.audio = p.newAudioReceiver(t)
	}
	p.mu.Lock()
	l.remote, l.receiver = t, r
	p.mu.Unlock()
}

// commitRepair tells the receiving stage whether the peer can be asked for lost packets: the next exchange may change it.
func (p *Conn) commitRepair(l *line) {
	can := l.canNACK(p)
	p.mu.Lock()
	r := l.receiver
	p.mu.Unlock()
	if r.video != nil {
		r.video.setRepair(can)
	}
	if r.audio != nil {
		r.audio.setRepair(can)
	}
}

// endRemote ends the remote track of a line, if there is one.
func (p *Conn) endRemote(l *line) {
	p.mu.Lock()
	t, r := l.remote, l.receiver
	l.remote, l.receiver = nil, receiver{}
	p.remoteList = slices.DeleteFunc(slices.Clone(p.remoteList), func(x *RemoteTrack) bool { return x == t })
	p.mu.Unlock()
	if r.video != nil {
		r.video.close()
	}
	if r.audio != nil {
		r.audio.close()
	}
	if t != nil {
		t.end()
	}
}
