package room

import (
	"errors"
	"io"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"parley/roomserver/forward"
)

func (p *Participant) onConnectionState(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateFailed:
		p.call.Bye(408, "RTP Timeout")
	case webrtc.PeerConnectionStateClosed:
		if p.ctx.Err() == nil {
			p.call.Bye(0, "media closed by the client")
		}
	}
}

// readFeedback passes a receiver's wishes to the sender he sees, and notes what he says of the network.
func (p *Participant) readFeedback(sender *webrtc.RTPSender, outlet *forward.Outlet, link *downlink) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
				p.rooms.log.Debug("RTCP", "participant", p.id, "error", err)
			}
			return
		}
		now := time.Now()
		rate := 0.0
		if source := outlet.Selected(); source != nil {
			rate = source.Measured()
		}
		link.report(packets, rate, now)
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				outlet.RequestKeyFrame()
			}
		}
	}
}

// drain reads RTCP that nobody needs: the interceptors live on its being read.
func drain(sender *webrtc.RTPSender) {
	buffer := make([]byte, 1500)
	for {
		if _, _, err := sender.Read(buffer); err != nil {
			return
		}
	}
}
