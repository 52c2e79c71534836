package room

import (
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"parley/roomserver/forward"
	"parley/roomserver/mix"
)

// hear makes the mix's output: RTP on an audio m-line.
func hear(track *webrtc.TrackLocalStaticRTP) mix.Output {
	packet := rtp.Packet{Header: rtp.Header{Version: 2}}
	return func(coded []byte, timestamp uint32, begins bool) {
		packet.SequenceNumber++
		packet.Timestamp = timestamp
		packet.Marker = begins
		packet.Payload = coded
		_ = track.WriteRTP(&packet) // a closed transport ends the participant by its own state
	}
}

// onTrack reads what the participant sends.
func (p *Participant) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	p.media.Go(func() { p.drainReceiver(receiver) })
	if track.Kind() == webrtc.RTPCodecTypeAudio {
		p.media.Go(func() { p.readAudio(track) })
		return
	}
	source := forward.NewSource(p.id, func() {
		_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(track.SSRC())}})
	})
	if p.isMain(receiver) {
		p.media.Go(func() {
			p.room.change(func() { p.main, p.mainSSRC = source, uint32(track.SSRC()) })
			p.readVideo(track, source)
			p.room.change(func() {
				if p.main == source {
					p.main = nil
				}
			})
		})
		return
	}
	p.media.Go(func() {
		p.room.presents(&p.member, source)
		p.readVideo(track, source)
	})
}

// isMain tells whether a receiver is the first video m-line's; the others are presentations.
func (p *Participant) isMain(receiver *webrtc.RTPReceiver) bool {
	for _, t := range p.pc.GetTransceivers() {
		if t.Kind() == webrtc.RTPCodecTypeVideo {
			return t.Receiver() == receiver
		}
	}
	return false
}

func (p *Participant) readAudio(track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.audio.Push(packet)
	}
}

func (p *Participant) readVideo(track *webrtc.TrackRemote, source *forward.Source) {
	defer source.Close()
	codec := p.room.Codec()
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		source.Look(codec, packet.Payload)
		source.Write(packet)
	}
}

func (p *Participant) drainReceiver(receiver *webrtc.RTPReceiver) {
	buffer := make([]byte, 1500)
	for {
		if _, _, err := receiver.Read(buffer); err != nil {
			return
		}
	}
}
