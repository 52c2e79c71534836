package peer

import (
	"strings"
	"time"

	"parley/connector/rtc"
	"parley/media/playout"
	"parley/media/video"
)

// lipPace is how often sound and picture are compared.
const lipPace = 500 * time.Millisecond

// lips keeps the sound and the picture of one stream together. It is housekeeping's own.
type lips struct {
	at      time.Duration
	sync    playout.Sync
	sound   *audioReceiver
	picture *videoReceiver
	list    []lipLine // to be used again
}

// lipLine is what is known of a remote track.
type lipLine struct {
	track  *RemoteTrack
	from   receiver
	report playout.Report
	cname  string
}

// syncLips compares when sound and picture of one moment come out, and lets the earlier one wait.
func (p *Conn) syncLips(now time.Duration) {
	if now-p.lips.at < lipPace {
		return
	}
	p.lips.at = now
	sound, picture, ok := p.lipPair()
	if !ok || sound.from.audio != p.lips.sound || picture.from.video != p.lips.picture {
		p.lips.release()
	}
	if !ok {
		return
	}
	p.lips.sound, p.lips.picture = sound.from.audio, picture.from.video
	heard, a := sound.from.audio.ideal(sound.report.Timestamp)
	seen, b := picture.from.video.ideal(picture.report.Timestamp)
	if !a || !b {
		return
	}
	heard -= playout.NTPDuration(sound.report.NTP)
	seen -= playout.NTPDuration(picture.report.NTP)
	extraSound, extraPicture := p.lips.sync.Update(heard, seen)
	sound.from.audio.setExtra(extraSound)
	picture.from.video.setExtra(extraPicture)
}

// release lets both sides run alone.
func (l *lips) release() {
	if l.sound != nil {
		l.sound.setExtra(0)
	}
	if l.picture != nil {
		l.picture.setExtra(0)
	}
	l.sound, l.picture, l.sync = nil, nil, playout.Sync{}
}

// lipPair finds a sound and a picture of one stream (W3C: one MediaStream) whose clocks are known.
func (p *Conn) lipPair() (sound, picture lipLine, ok bool) {
	list := p.lipLines()
	for _, a := range list {
		if a.from.audio == nil {
			continue
		}
		for _, v := range list {
			if v.from.video != nil && belong(a, v) {
				return a, v, true
			}
		}
	}
	return lipLine{}, lipLine{}, false
}

func belong(a, v lipLine) bool {
	if strings.Contains(strings.ToLower(v.track.label), "dual") {
		return false // a presentation has no lips
	}
	return a.track.stream == v.track.stream && a.track.stream != noStream || a.cname != "" && a.cname == v.cname
}

func (p *Conn) lipLines() []lipLine {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.lips.list)
	list := p.lips.list[:0]
	for _, l := range p.lines {
		apart := l.apart
		if apart == nil {
			list = l.appendLips(list)
			continue
		}
		apart.mu.Lock()
		for _, own := range apart.lines {
			list = own.appendLips(list)
		}
		apart.mu.Unlock()
	}
	p.lips.list = list
	return list
}

// appendLips adds the line when its clock is known. Under its connection's mu.
func (l *line) appendLips(list []lipLine) []lipLine {
	if l.remote == nil || l.source.reports == 0 {
		return list
	}
	return append(list, lipLine{track: l.remote, from: l.receiver, cname: l.source.cname,
		report: playout.Report{NTP: l.source.ntp, Timestamp: l.source.timestamp}})
}

func (a *audioReceiver) ideal(timestamp uint32) (time.Duration, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.buffer == nil {
		return 0, false
	}
	return a.buffer.Ideal(timestamp)
}

func (a *audioReceiver) setExtra(extra time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.buffer != nil {
		a.buffer.SetExtra(extra)
	}
}

func (v *videoReceiver) ideal(timestamp uint32) (time.Duration, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.schedule.Ideal(timestamp)
}

func (v *videoReceiver) setExtra(extra time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.schedule.SetExtra(extra)
}

// playing is the timestamp that comes out now; false while nothing does.
func (l *line) playing() (timestamp uint32, clock uint32, ok bool) {
	switch {
	case l.audio != nil:
		l.audio.mu.Lock()
		defer l.audio.mu.Unlock()
		if l.audio.buffer == nil {
			return 0, 0, false
		}
		timestamp, ok = l.audio.buffer.Playing()
		return timestamp, l.audio.counters.clock, ok
	case l.video != nil:
		l.video.mu.Lock()
		defer l.video.mu.Unlock()
		passed := (video.Now() - l.video.shownAt).Microseconds() * videoClock / 1e6
		return l.video.shownTS + uint32(passed), videoClock, l.video.shownAt > 0
	}
	return 0, 0, false
}

// estimatedPlayout is the sender's wall clock time of what comes out now, NTP milliseconds (W3C
// estimatedPlayoutTimestamp); 0 while it is unknown. Under the connection's mu.
func (l *line) estimatedPlayout() float64 {
	timestamp, clock, ok := l.playing()
	if !ok || clock == 0 || l.source.reports == 0 || l.kind == rtc.Kind("") {
		return 0
	}
	report := playout.Report{NTP: l.source.ntp, Timestamp: l.source.timestamp}
	return float64(report.Moment(timestamp, int64(clock))) / float64(time.Millisecond)
}
