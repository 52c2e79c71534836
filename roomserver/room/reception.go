package room

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"

	"parley/roomserver/forward"
	"parley/roomserver/mix"
)

// Quality of a receive-only session.
type Quality string

// The qualities. Nothing is transcoded: lower ones leave frames out, see forward.Level.
const (
	Low    Quality = "low"
	Medium Quality = "medium"
	High   Quality = "high"
)

func (q Quality) level() forward.Level {
	switch q {
	case Low:
		return forward.Least
	case Medium:
		return forward.Fewer
	}
	return forward.All
}

// The names of a receive-only session's streams; the presentation's has the codec behind it.
const (
	defaultStream = "default"
	contentStream = "content_"
)

// reception is a spectator's receive-only session: a second peer connection that carries the mix, the main video and what
// is presented, to him only.
type reception struct {
	p       *Participant
	quality Quality
	pc      *webrtc.PeerConnection
	audio   *mix.Member
	lag     lag             // of the sound
	main    *forward.Outlet // nil: no video in the room's codec
	content *forward.Outlet
	media   sync.WaitGroup
	once    sync.Once

	downlink downlink

	// Guarded by room.mu.
	connected bool
	control   control
}

// newReception answers a spectator's offer. The room must be held for it; close gives it back.
func newReception(ctx context.Context, p *Participant, quality Quality, offer string) (r *reception, answer string, err error) {
	r = &reception{p: p, quality: quality}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	if err := checkSize(offer); err != nil {
		return r, "", err
	}
	codec := p.room.Codec()
	if !videoCodecs(offer)[codec] {
		codec = ""
	}
	v := chooseVoice(offer)
	if r.pc, err = newPeerConnection(v, codec, p.rooms.o.Loopback, &p.link, &r.lag, p.rooms.log); err != nil {
		return r, "", err
	}
	r.pc.OnConnectionStateChange(r.onState)
	if err := r.pc.SetRemoteDescription(description(webrtc.SDPTypeOffer, offer)); err != nil {
		return r, "", fmt.Errorf("%w: %w", errOffer, err)
	}
	if err := r.addTracks(v, codec); err != nil {
		return r, "", err
	}
	answer, err = r.complete(ctx, offer)
	return r, answer, err
}

// complete answers the offer that has been applied, with candidates.
func (r *reception) complete(ctx context.Context, offer string) (string, error) {
	created, err := r.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	gathered := webrtc.GatheringCompletePromise(r.pc)
	if err := r.pc.SetLocalDescription(created); err != nil {
		return "", fmt.Errorf("local description: %w", err)
	}
	timer := time.NewTimer(gatherTimeout)
	defer timer.Stop()
	select {
	case <-gathered:
	case <-timer.C:
	case <-ctx.Done():
		return "", ctx.Err()
	case <-r.p.ctx.Done():
		return "", ErrNobody
	}
	return restUnused(nameRejected(r.pc.LocalDescription().SDP, offer)), nil
}

// sameClient tells whether an offer comes from the peer connection that this session has: its key is the same. nil has none.
func (r *reception) sameClient(offer string) bool {
	if r == nil {
		return false
	}
	remote := r.pc.RemoteDescription()
	return remote != nil && fingerprints(offer) != "" && fingerprints(offer) == fingerprints(remote.SDP)
}

// renegotiate answers another offer of the same peer connection: its transport stays, so media goes on. A session whose offer
// cannot be answered is left as it is, if it can be.
func (r *reception) renegotiate(ctx context.Context, offer string, quality Quality) (string, error) {
	if err := checkOffer(offer, r.pc.RemoteDescription().SDP); err != nil {
		return "", err
	}
	if err := r.pc.SetRemoteDescription(description(webrtc.SDPTypeOffer, offer)); err != nil {
		return "", fmt.Errorf("%w: %w", errOffer, err)
	}
	answer, err := r.complete(ctx, offer)
	if err != nil {
		return "", err
	}
	r.p.room.change(func() { r.quality = quality })
	if r.main != nil {
		r.main.SetLevel(quality.level())
	}
	return answer, nil
}

func (r *reception) addTracks(v voice, codec string) error {
	track, err := webrtc.NewTrackLocalStaticRTP(v.capability, "main-audio", defaultStream)
	if err != nil {
		return err
	}
	sender, err := r.pc.AddTrack(track)
	if err != nil {
		return fmt.Errorf("add audio: %w", err)
	}
	r.media.Go(func() { drain(sender) })
	if r.audio, err = r.p.newListener(hear(track), v.name()); err != nil {
		return fmt.Errorf("join the mix: %w", err)
	}
	r.lag.hears(r.audio)
	if codec == "" {
		return nil
	}
	if r.main, err = r.addVideo(codec, "main-video", defaultStream); err != nil {
		return err
	}
	// The presentation's stream is there from the start: there is no way to offer it later.
	r.content, err = r.addVideo(codec, "content-video", contentStream+strings.ToLower(mime(codec)))
	return err
}

func (r *reception) addVideo(codec, track, stream string) (*forward.Outlet, error) {
	p := r.p
	outlet, err := forward.NewOutlet(videoCapability(codec), track, stream, func(s *forward.Source) {
		p.rooms.event("shown", map[string]any{
			"room": p.room.number, "participant": p.id, "track": track, "stream": stream, "source": s.Name(),
		})
	})
	if err != nil {
		return nil, err
	}
	if track == "main-video" {
		outlet.SetLevel(r.quality.level()) // what is presented stays as it is: it changes seldom, and is to be read
	}
	sender, err := r.pc.AddTrack(outlet.Track())
	if err != nil {
		return nil, fmt.Errorf("add %s: %w", track, err)
	}
	r.media.Go(func() { p.readFeedback(sender, outlet, &r.downlink) })
	return outlet, nil
}

// onState follows the connection. It must not wait for the end of the session: it runs on a goroutine of that.
func (r *reception) onState(state webrtc.PeerConnectionState) {
	p := r.p
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.room.change(func() {
			r.connected = true
			if p.reception == r {
				p.hush()
			}
		})
		p.rooms.event("reception-connected", map[string]any{"participant": p.id, "quality": string(r.quality)})
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		mine := false
		p.room.change(func() {
			r.connected = false
			if mine = p.reception == r; mine {
				p.reception = nil
				p.hush()
			}
		})
		if mine {
			p.rooms.event("reception-lost", map[string]any{"participant": p.id})
			go r.close()
		}
	}
}

// close ends the session and gives its room back. It may be called again, and on nil.
func (r *reception) close() {
	if r == nil {
		return
	}
	r.once.Do(func() {
		if r.audio != nil {
			r.audio.Leave()
		}
		for _, o := range []*forward.Outlet{r.main, r.content} {
			if o != nil {
				o.Select(nil)
			}
		}
		if r.pc != nil {
			_ = r.pc.Close() // what is lost here is lost with it
		}
		r.media.Wait()
		r.p.rooms.leave(r.p.room)
		r.p.rooms.work.Done()
	})
}
