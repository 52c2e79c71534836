// Package opus adapts libopus: 48 kHz, mono or stereo, with in-band FEC, DTX and concealment.
package opus

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hraban/opus"

	"parley/media/codec"
)

func init() {
	codec.RegisterAudio(codec.AudioAdapter{
		Name: "opus", Rank: 10, SampleRate: 48000, ClockRate: 48000, Implementation: "libopus",
		NewEncoder: func(c codec.AudioConfig) (codec.AudioEncoder, error) { return newEncoder(c) },
		NewDecoder: func(c codec.AudioConfig) (codec.AudioDecoder, error) { return newDecoder(c) },
	})
}

var errShort = errors.New("opus: buffer of samples too short")

// maxPacket holds any packet of up to 60 ms (RFC 6716 3.2.1: 1275 bytes a frame, three frames, and headers), in bytes.
const maxPacket = 4000

type encoder struct {
	enc      *opus.Encoder
	channels int
	dtx      bool
}

func newEncoder(c codec.AudioConfig) (*encoder, error) {
	app := opus.AppVoIP
	if c.Music {
		app = opus.AppAudio
	}
	enc, err := opus.NewEncoder(c.SampleRate, c.Channels, app)
	if err != nil {
		return nil, fmt.Errorf("opus: encoder of %d Hz, %d channels: %w", c.SampleRate, c.Channels, err)
	}
	e := &encoder{enc: enc, channels: c.Channels, dtx: c.DTX && !c.Music}
	err = errors.Join(enc.SetInBandFEC(c.FEC && !c.Music), enc.SetDTX(e.dtx))
	if err != nil {
		return nil, fmt.Errorf("opus: configure encoder: %w", err)
	}
	if c.Bitrate > 0 {
		e.SetBitrate(c.Bitrate)
	}
	return e, nil
}

func (e *encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	n := len(dst)
	dst = slices.Grow(dst, maxPacket)
	size, err := e.enc.Encode(pcm, dst[n:n+maxPacket:n+maxPacket])
	if err != nil {
		return dst[:n], fmt.Errorf("opus: encode %d samples: %w", len(pcm)/max(1, e.channels), err)
	}
	// RFC 6716 2.1.9: with DTX a packet of two bytes or less need not be sent.
	if e.dtx && size <= 2 {
		size = 0
	}
	return dst[:n+size], nil
}

// SetBitrate keeps to what libopus takes: 500 to 512 000 bit/s.
func (e *encoder) SetBitrate(bitrate int) {
	_ = e.enc.SetBitrate(min(max(bitrate, 500), 512_000)) // cannot fail within the limits
}

func (e *encoder) SetLoss(fraction float64) {
	percent := 0
	if fraction > 0 { // and so no NaN
		percent = int(min(fraction, 1)*100 + 0.5)
	}
	_ = e.enc.SetPacketLossPerc(percent) // cannot fail within the limits
}

// Close has nothing to free: the state lies in Go memory.
func (e *encoder) Close() error { return nil }

type decoder struct {
	dec      *opus.Decoder
	channels int
	step     int     // samples a channel in 2.5 ms, the grain of concealment
	rest     []int16 // 2.5 ms
}

func newDecoder(c codec.AudioConfig) (*decoder, error) {
	dec, err := opus.NewDecoder(c.SampleRate, c.Channels)
	if err != nil {
		return nil, fmt.Errorf("opus: decoder of %d Hz, %d channels: %w", c.SampleRate, c.Channels, err)
	}
	step := c.SampleRate / 400
	return &decoder{dec: dec, channels: c.Channels, step: step, rest: make([]int16, step*c.Channels)}, nil
}

func (d *decoder) Decode(pcm []int16, packet []byte) (samples int, err error) {
	pcm = whole(pcm, len(pcm)/d.channels, d.channels)
	n, err := d.dec.Decode(packet, pcm)
	if err != nil {
		return 0, fmt.Errorf("opus: decode %d bytes: %w", len(packet), err)
	}
	return n, nil
}

// whole cuts to samples a channel, in capacity too: the binding goes by that.
func whole(pcm []int16, samples, channels int) []int16 {
	n := samples * channels
	return pcm[:n:n]
}

func (d *decoder) Conceal(pcm []int16, samples int, next []byte) error {
	if samples <= 0 || len(pcm) < samples*d.channels {
		return errShort
	}
	even := samples / d.step * d.step
	if even > 0 {
		if err := d.conceal(whole(pcm, even, d.channels), next); err != nil {
			return fmt.Errorf("opus: conceal %d samples: %w", samples, err)
		}
	}
	if even < samples {
		if err := d.dec.DecodePLC(d.rest); err != nil {
			return fmt.Errorf("opus: conceal %d samples: %w", samples, err)
		}
		copy(pcm[even*d.channels:samples*d.channels], d.rest)
	}
	return nil
}

// conceal takes the FEC of the next packet, which falls back on concealment where there is none.
func (d *decoder) conceal(pcm []int16, next []byte) error {
	if len(next) > 0 && d.dec.DecodeFEC(next, pcm) == nil {
		return nil
	}
	return d.dec.DecodePLC(pcm)
}

// Redundant as codec.Redundancy.
func (d *decoder) Redundant(packet []byte) bool { return redundant(packet) }

func (d *decoder) Close() error { return nil }
