package peer

import (
	"time"

	"github.com/pion/rtcp"

	"parley/media/video"
)

// Pace of what we tell the peer about its packets.
const (
	arrivalsInterval  = 100 * time.Millisecond
	receptionInterval = time.Second
	sendingInterval   = time.Second
	maxReports        = 31 // in one receiver report (RFC 3550, 6.4.1)
)

// reception keeps the figures of one source for receiver reports (RFC 3550, appendix A.3).
type reception struct {
	rate     uint32 // Hz
	seq      unwrapper
	first    int64
	highest  int64
	received uint64
	jitter   float64
	transit  uint32
	started  bool
	// Of the last report.
	expectedBefore int64
	receivedBefore uint64
	// Of the peer's last sender report.
	reportNTP uint32
	reportAt  time.Duration
}

func (r *reception) add(sequence uint16, timestamp uint32, now time.Duration) {
	n := r.seq.unwrap(int64(sequence))
	if !r.started {
		r.started, r.first, r.highest = true, n, n
	}
	r.highest = max(r.highest, n)
	r.received++
	if r.rate == 0 {
		return
	}
	transit := uint32(uint64(now.Microseconds())*uint64(r.rate)/1e6) - timestamp
	if r.received > 1 {
		d := int32(transit - r.transit)
		if d < 0 {
			d = -d
		}
		if uint32(d) < 5*r.rate { // a jump of the peer's timestamps is no jitter
			r.jitter += (float64(d) - r.jitter) / 16
		}
	}
	r.transit = transit
}

// report is what there is to say since the last one.
func (r *reception) report(ssrc uint32, now time.Duration) rtcp.ReceptionReport {
	expected := r.highest - r.first + 1
	lost := expected - int64(r.received)
	interval := expected - r.expectedBefore
	missed := interval - int64(r.received-r.receivedBefore)
	r.expectedBefore, r.receivedBefore = expected, r.received
	report := rtcp.ReceptionReport{SSRC: ssrc, LastSequenceNumber: uint32(r.highest), Jitter: uint32(r.jitter),
		TotalLost: uint32(min(max(lost, -1<<23), 1<<23-1)) & 0xffffff}
	if missed > 0 && interval > 0 {
		report.FractionLost = uint8(min(missed<<8/interval, 255))
	}
	if r.reportNTP != 0 {
		report.LastSenderReport = r.reportNTP
		report.Delay = uint32((now - r.reportAt).Microseconds() * 65536 / 1e6)
	}
	return report
}

// reporter says when what is told.
type reporter struct {
	arrivalsAt, receptionAt time.Duration
	log                     arrivalLog
	// What was told last, to be used again; housekeeping's own.
	feedbacks []*feedbackPacket
	report    rtcp.ReceiverReport
	packets   []rtcp.Packet
}

// record notes a packet's transport-wide number. Under mu.
func (a *arrivals) record(ssrc uint32, number []byte, now time.Duration) {
	if len(number) == 2 {
		a.reporter.log.add(ssrc, uint16(number[0])<<8|uint16(number[1]), now)
	}
}

// senderReport notes when the peer said what time it is.
func (a *arrivals) senderReport(ssrc uint32, ntp uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.sources[ssrc]; r != nil {
		r.reportNTP, r.reportAt = uint32(ntp>>16), video.Now()
	}
}

// due returns what to tell the peer now, valid until the next call; housekeeping calls it. from finds a source of ours to
// speak for, which is needed once a second only.
func (a *arrivals) due(now time.Duration, from func() uint32) []rtcp.Packet {
	r := &a.reporter
	r.feedbacks, r.report.Reports, r.packets = r.feedbacks[:0], r.report.Reports[:0], r.packets[:0]
	a.gather(now)
	for _, f := range r.feedbacks {
		r.packets = append(r.packets, f)
	}
	if len(r.report.Reports) > 0 {
		r.report.SSRC = from()
		r.packets = append(r.packets, &r.report)
	}
	return r.packets
}

// gather what is due of feedback on arrivals and of reports.
func (a *arrivals) gather(now time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := &a.reporter
	if now-r.arrivalsAt >= arrivalsInterval {
		r.arrivalsAt = now
		r.feedbacks = r.log.tell(r.feedbacks)
	}
	if now-r.receptionAt < receptionInterval {
		return
	}
	r.receptionAt = now
	for ssrc, source := range a.sources {
		if source.started && len(r.report.Reports) < maxReports {
			r.report.Reports = append(r.report.Reports, source.report(ssrc, now))
		}
	}
}

// reportReception tells the peer what came; housekeeping calls it.
func (p *Conn) reportReception(now time.Duration) {
	p.mu.Lock()
	l := p.leg
	p.mu.Unlock()
	packets := l.arrivals.due(now, p.ownSource)
	for i := range packets {
		p.writeRTCP(packets[i : i+1]...)
	}
}

// reportSending tells the peer what was sent and when it was captured; housekeeping calls it.
func (p *Conn) reportSending(now time.Duration) {
	if now-p.sendingAt < sendingInterval {
		return
	}
	p.sendingAt = now
	wall := time.Now()
	for _, out := range p.outbounds() {
		if report := out.senderReport(now, wall); report != nil {
			p.writeRTCP(report)
		}
	}
}

// outbounds are those of all lines, for housekeeping, whose list is used again. Each is locked while it writes: not to be
// waited for under the connection's lock.
func (p *Conn) outbounds() []*outbound {
	p.outs = p.outs[:0]
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		if l.sending != nil {
			p.outs = append(p.outs, l.sending.out)
		}
	}
	return p.outs
}

// ownSource is a source of ours to speak for; 0 without one.
func (p *Conn) ownSource() uint32 {
	for _, out := range p.outbounds() {
		if ssrc, _, _, _, _ := out.counters(); ssrc != 0 {
			return ssrc
		}
	}
	return 0
}
