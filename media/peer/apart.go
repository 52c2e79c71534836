package peer

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"parley/connector/rtc"
)

// A peer without BUNDLE (rtpengine, say) gives each m-line a transport of its own. pion has one, so every m-line apart
// from the first becomes a connection of its own, with one line, behind the connection the caller has: descriptions are
// split and put together here, tracks, statistics and states are passed on.
//
// Our offer bundles all m-lines and names one pair of ICE credentials. When the answer turns out not to bundle, the
// connection apart takes the same credentials and certificate: the peer accepts its checks and learns its address from
// them (peer-reflexive candidates, RFC 8445, 7.3.1.3).

// apartConfig describes the only line of a connection apart.
type apartConfig struct {
	kind         rtc.Kind
	slot         rtc.Slot
	want         direction
	sends        bool
	ssrc         uint32 // announced already in the connection's offer; 0: free
	certificates []webrtc.Certificate
	// Of the connection, when the m-line was offered bundled with it.
	ufrag, password string
}

// adoptApart finds or makes lines for m-lines apart that the peer offers for the first time.
func (p *Conn) adoptApart(r *remoteDescription) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range r.sections {
		s := &r.sections[i]
		if !s.apart || slices.ContainsFunc(p.lines, func(l *line) bool { return l.mid() == s.mid }) {
			continue
		}
		own := slices.IndexFunc(p.lines, func(l *line) bool { return l.kind == s.kind && l.mid() == "" })
		if own >= 0 {
			p.lines[own].fixedMID = s.mid
			continue
		}
		p.lines = append(slices.Clip(p.lines), &line{kind: s.kind, want: recvOnly, fixedMID: s.mid})
	}
}

// apartLines are the lines that have, or by r must have, a connection of their own.
func (p *Conn) apartLines(r *remoteDescription) []*line {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []*line
	for _, l := range p.lines {
		if l.apart != nil {
			list = append(list, l)
		} else if r != nil {
			if s := r.section(l.mid()); s != nil && s.apart && s.acceptable() {
				list = append(list, l)
			}
		}
	}
	return list
}

// newApart makes the connection of a line. offered tells that the m-line was offered bundled.
func (p *Conn) newApart(l *line, offered bool) (*Conn, error) {
	o := &apartConfig{kind: l.kind, slot: l.slot, want: l.want, sends: l.sending != nil}
	o.certificates = p.leg.pc.GetConfiguration().Certificates
	if offered {
		if d := p.leg.pc.LocalDescription(); d != nil {
			o.ufrag, o.password = attributeOf(d.SDP, "ice-ufrag"), attributeOf(d.SDP, "ice-pwd")
		}
		if l.sending != nil && l.transceiver.Sender() != nil {
			if e := l.transceiver.Sender().GetParameters().Encodings; len(e) > 0 {
				o.ssrc = uint32(e[0].SSRC)
			}
		}
	}
	config := p.config
	config.apart = o
	c, err := newConn(config, p.rtc)
	if err != nil {
		return nil, err
	}
	if l.sending != nil {
		p.mu.Lock()
		track, encoding := l.sending.track, p.encodings[l.slot]
		p.mu.Unlock()
		c.SetEncoding(l.slot, encoding)
		if _, err := c.SetTrack(l.slot, track); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		// The line's own sender lets go of the source.
		if l.sending.audio != nil {
			_ = l.sending.audio.setTrack(nil)
		} else {
			_ = l.sending.video.setTrack(nil)
		}
	}
	c.OnConnectionState(func(rtc.ConnectionState) { p.combine() })
	p.mu.Lock()
	l.apart = c
	p.mu.Unlock()
	return c, nil
}

func attributeOf(text, key string) string {
	_, rest, _ := strings.Cut(text, "\r\na="+key+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// endApart closes a line's own connection and gives the source back to the line.
func (p *Conn) endApart(l *line) {
	p.mu.Lock()
	c := l.apart
	l.apart = nil
	p.mu.Unlock()
	if c == nil {
		return
	}
	_ = c.Close()
	if l.sending == nil {
		return
	}
	if l.sending.audio != nil {
		_ = l.sending.audio.setTrack(l.sending.track)
	} else {
		_ = l.sending.video.setTrack(l.sending.track)
	}
}

// offerApart makes the offers of the m-lines apart.
func (p *Conn) offerApart(ctx context.Context, o rtc.OfferOptions) error {
	for _, l := range p.apartLines(nil) {
		if _, err := l.apart.Offer(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// applyApart applies the answers to m-lines apart. A failure costs that m-line only.
func (p *Conn) applyApart(ctx context.Context, r *remoteDescription) {
	for _, l := range p.apartLines(r) {
		s := r.section(l.mid())
		if s == nil || !s.apart || !s.acceptable() {
			p.endApart(l)
			continue
		}
		if err := p.applyOneApart(ctx, l, s); err != nil {
			p.log.Warn("an m-line with its own transport fails", "kind", l.kind, "error", err)
			p.endApart(l)
		}
	}
	p.combine()
}

func (p *Conn) applyOneApart(ctx context.Context, l *line, s *remoteSection) error {
	c := l.apart
	if c == nil {
		var err error
		if c, err = p.newApart(l, true); err != nil {
			return err
		}
		p.mu.Lock()
		refused := p.refused
		p.mu.Unlock()
		if _, err := c.Offer(ctx, rtc.OfferOptions{NoAudio: refused.audio, NoVideo: refused.video}); err != nil {
			return err
		}
	}
	return c.ApplyAnswer(ctx, c.withOwnMID(s.single))
}

// answerApart answers the m-lines apart. A failure costs that m-line only.
func (p *Conn) answerApart(ctx context.Context, r *remoteDescription) {
	for _, l := range p.apartLines(r) {
		s := r.section(l.mid())
		if s == nil || !s.apart || !s.acceptable() {
			p.endApart(l)
			continue
		}
		c, err := l.apart, error(nil)
		if c == nil {
			c, err = p.newApart(l, false)
		}
		if err == nil {
			_, err = c.Answer(ctx, c.withOwnMID(s.single))
		}
		if err != nil {
			p.log.Warn("an m-line with its own transport fails", "kind", l.kind, "error", err)
			p.endApart(l)
		}
	}
	p.combine()
}

func (p *Conn) rollbackApart(ctx context.Context) error {
	var errs []error
	for _, l := range p.apartLines(nil) {
		errs = append(errs, l.apart.Rollback(ctx))
	}
	return errors.Join(errs...)
}

// withOwnMID rewrites the mid of a description with one m-line to the one this connection uses.
func (p *Conn) withOwnMID(text string) string {
	p.mu.Lock()
	var mid string
	if len(p.layout) > 0 {
		mid = p.layout[0]
	}
	p.mu.Unlock()
	var d sdp.SessionDescription
	if mid == "" || d.UnmarshalString(text) != nil || len(d.MediaDescriptions) != 1 {
		return text
	}
	setMID(d.MediaDescriptions[0], mid)
	out, err := d.Marshal()
	if err != nil {
		return text
	}
	return string(out)
}

func setMID(m *sdp.MediaDescription, mid string) {
	m.Attributes = slices.DeleteFunc(m.Attributes, func(a sdp.Attribute) bool { return a.Key == "mid" })
	m.Attributes = append([]sdp.Attribute{{Key: "mid", Value: mid}}, m.Attributes...)
}

// ownSection is the m-line of a connection apart as it goes into the connection's description, under its mid there, with
// the fingerprint that stands in the session part otherwise. nil: it has none yet.
func (p *Conn) ownSection(mid string) *sdp.MediaDescription {
	d := p.leg.pc.LocalDescription()
	if d == nil {
		return nil
	}
	text, err := p.localText(d.Type == webrtc.SDPTypeAnswer)
	if err != nil {
		return nil
	}
	var own sdp.SessionDescription
	if own.UnmarshalString(text) != nil || len(own.MediaDescriptions) != 1 {
		return nil
	}
	m := own.MediaDescriptions[0]
	setMID(m, mid)
	if fingerprint, ok := own.Attribute("fingerprint"); ok {
		m.Attributes = append(m.Attributes, sdp.Attribute{Key: "fingerprint", Value: fingerprint})
	}
	return m
}

func (p *Conn) remoteTracks() []*RemoteTrack {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.remoteList)
}

// mergeApart adds the statistics of an m-line apart.
func mergeApart(ctx context.Context, s *rtc.Stats, c *Conn) {
	own, err := c.Stats(ctx)
	if err != nil {
		return
	}
	set := func(to **rtc.StreamStats, from *rtc.StreamStats) {
		if from != nil {
			*to = from
		}
	}
	set(&s.Outbound.Audio, own.Outbound.Audio)
	set(&s.Outbound.Video, own.Outbound.Video)
	set(&s.Outbound.Presentation, own.Outbound.Presentation)
	set(&s.Inbound.Audio, own.Inbound.Audio)
	set(&s.Inbound.Presentation, own.Inbound.Presentation)
	if s.Inbound.Video == nil {
		s.Inbound.Video = own.Inbound.Video
	} else {
		set(&s.Inbound.Presentation, own.Inbound.Video)
	}
}
