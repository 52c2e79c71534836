package room

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/webrtc/v4"

	"parley/roomserver/exchange"
	"parley/roomserver/forward"
	"parley/roomserver/mix"
)

// firstAnswer makes the peer connection and answers the INVITE's offer.
func (p *Participant) firstAnswer() (string, error) {
	offer := p.call.Offer()
	if err := checkSize(offer); err != nil {
		return "", err
	}
	codec := p.room.settleCodec(offer)
	if !videoCodecs(offer)[codec] {
		codec = "" // sound only; he is told by uselic, see onConfirmed
	}
	v := chooseVoice(offer)
	if err := p.connect(v, codec); err != nil {
		return "", err
	}
	if err := p.pc.SetRemoteDescription(description(webrtc.SDPTypeOffer, offer)); err != nil {
		return "", fmt.Errorf("offer: %w", err)
	}
	if err := p.addMain(v, codec); err != nil {
		return "", err
	}
	return p.localAnswer()
}

// connect makes the peer connection.
func (p *Participant) connect(v voice, codec string) error {
	pc, err := newPeerConnection(v, codec, p.rooms.o.Loopback, &p.link, &p.lag, p.rooms.log)
	if err != nil {
		return err
	}
	p.pc = pc
	pc.OnTrack(p.onTrack)
	pc.OnConnectionStateChange(p.onConnectionState)
	return nil
}

// addMain adds the call's own sound and video.
func (p *Participant) addMain(v voice, codec string) error {
	if err := p.addAudio(v); err != nil {
		return err
	}
	if codec == "" {
		return nil
	}
	outlet, err := p.addVideo(codec, "main-video", mainStream)
	if err != nil {
		return err
	}
	p.room.change(func() { p.outlet = outlet })
	return nil
}

func (p *Participant) addAudio(v voice) error {
	track, err := webrtc.NewTrackLocalStaticRTP(v.capability, "main-audio", mainStream)
	if err != nil {
		return err
	}
	sender, err := p.pc.AddTrack(track)
	if err != nil {
		return fmt.Errorf("add audio: %w", err)
	}
	p.media.Go(func() { drain(sender) })
	audio, err := p.room.mixer.Join(mix.Options{Name: p.id, Output: hear(track), Codec: v.name()})
	if err != nil {
		return fmt.Errorf("join the mix: %w", err)
	}
	p.lag.hears(audio)
	p.room.change(func() {
		p.audio = audio
		p.hush() // a moderator may have been quicker
	})
	return nil
}

// addVideo adds a video m-line to send on.
func (p *Participant) addVideo(codec, track, stream string) (*forward.Outlet, error) {
	outlet, err := forward.NewOutlet(videoCapability(codec), track, stream, func(s *forward.Source) {
		p.rooms.event("shown", map[string]any{
			"room": p.room.number, "participant": p.id, "track": track, "source": s.Name(),
		})
	})
	if err != nil {
		return nil, err
	}
	sender, err := p.pc.AddTrack(outlet.Track())
	if err != nil {
		return nil, fmt.Errorf("add %s: %w", track, err)
	}
	p.media.Go(func() { p.readFeedback(sender, outlet, &p.downlink) })
	return outlet, nil
}

// localAnswer completes an answer with its candidates.
func (p *Participant) localAnswer() (string, error) {
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("create answer: %w", err)
	}
	sdp, err := p.setLocal(answer)
	if err != nil {
		return "", err
	}
	return nameRejected(sdp, p.pc.RemoteDescription().SDP), nil
}

func (p *Participant) setLocal(d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("local description: %w", err)
	}
	timer := time.NewTimer(gatherTimeout)
	defer timer.Stop()
	select {
	case <-gathered:
	case <-timer.C: // what there is must do
	case <-p.ctx.Done():
		return "", p.ctx.Err()
	}
	return p.pc.LocalDescription().SDP, nil
}

// reanswer answers an offer within the call. A failure leaves the call as it was.
func (p *Participant) reanswer(offer string, answer func(string), reject func(int, string)) {
	err := checkOffer(offer, p.pc.RemoteDescription().SDP)
	if err == nil {
		err = p.pc.SetRemoteDescription(description(webrtc.SDPTypeOffer, offer))
	}
	if err != nil {
		p.rooms.log.Info("re-INVITE not answered", "participant", p.id, "error", err)
		p.settle()
		reject(sip.StatusNotAcceptableHere, "Not Acceptable Here")
		return
	}
	sdp, err := p.localAnswer()
	if err != nil {
		p.rooms.log.Info("re-INVITE not answered", "participant", p.id, "error", err)
		p.settle()
		reject(sip.StatusNotAcceptableHere, "Not Acceptable Here")
		return
	}
	answer(sdp)
}

// settle closes an offer that could not be answered by answering it for ourselves: pion knows no rollback (W3C webrtc
// 4.4.1.5). A connection that cannot even do that is of no more use.
func (p *Participant) settle() {
	if p.pc.SignalingState() != webrtc.SignalingStateHaveRemoteOffer {
		return
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err == nil {
		err = p.pc.SetLocalDescription(answer)
	}
	if err != nil {
		p.rooms.log.Warn("offer cannot be taken back", "participant", p.id, "error", err)
		p.call.Bye(488, "Incompatible SDP")
	}
}

// reoffer offers what the peer connection now has, and tries again when offers cross.
func (p *Participant) reoffer() error {
	for attempt := range glareRetries {
		err := p.offerOnce()
		if !errors.Is(err, exchange.ErrGlare) {
			return err
		}
		if attempt == glareRetries-1 {
			break
		}
		// RFC 3261 14.1: who does not own the Call-ID waits 0 to 2 s, in steps of 10 ms. The client's offer goes first.
		if err := p.serve(time.Duration(10+10*rand.IntN(200)) * time.Millisecond); err != nil {
			return err
		}
	}
	return exchange.ErrGlare
}

// serve lets other tasks run for a while.
func (p *Participant) serve(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case task := <-p.tasks:
			task()
		case <-timer.C:
			return nil
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	}
}

// offerOnce offers, and applies offer and answer together when the answer is there. Until then the peer connection does not
// know of the offer, so that one that is refused needs no rollback. The candidates are in it: they were gathered for the
// first answer.
func (p *Participant) offerOnce() error {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("create offer: %w", err)
	}
	answer, err := p.exchange(offer.SDP)
	if err != nil {
		return err
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return fmt.Errorf("own offer: %w", err)
	}
	if err := p.pc.SetRemoteDescription(description(webrtc.SDPTypeAnswer, answer)); err != nil {
		// Both sides now think differently of the call; going on would leave it broken for good.
		p.call.Bye(488, "Incompatible SDP")
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// exchange sends an offer and waits for its answer.
func (p *Participant) exchange(offer string) (answer string, err error) {
	type reply struct {
		answer string
		err    error
	}
	replies := make(chan reply, 1)
	p.call.Reoffer(offer, func(answer string, err error) { replies <- reply{answer, err} })
	timer := time.NewTimer(offerTimeout)
	defer timer.Stop()
	select {
	case r := <-replies:
		return r.answer, r.err
	case <-timer.C:
		return "", context.DeadlineExceeded
	case <-p.ctx.Done():
		return "", p.ctx.Err()
	}
}

// restart offers new ICE credentials and candidates. Unlike offerOnce's, this offer has changed the peer connection when it
// goes out: one that crosses another offer is sent again as it is, and a refusal ends the call.
func (p *Participant) restart() error {
	offer, err := p.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		return fmt.Errorf("create offer: %w", err)
	}
	sdp, err := p.setLocal(offer)
	if err != nil {
		return err
	}
	answer, err := p.exchange(sdp)
	for attempt := 1; errors.Is(err, exchange.ErrGlare) && attempt < glareRetries; attempt++ {
		if err := p.pause(time.Duration(10+10*rand.IntN(200)) * time.Millisecond); err != nil {
			return err
		}
		answer, err = p.exchange(sdp)
	}
	if err == nil {
		err = p.pc.SetRemoteDescription(description(webrtc.SDPTypeAnswer, answer))
	}
	if err != nil && p.ctx.Err() == nil {
		p.call.Bye(488, "Incompatible SDP")
	}
	return err
}

// pause waits; tasks wait too.
func (p *Participant) pause(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

func description(kind webrtc.SDPType, sdp string) webrtc.SessionDescription {
	return webrtc.SessionDescription{Type: kind, SDP: sdp}
}
