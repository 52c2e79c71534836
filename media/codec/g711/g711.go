// Package g711 holds the codecs of the telephone, PCMU and PCMA (ITU-T G.711, RFC 3551 4.5.14): one channel, 8 kHz,
// a byte a sample. Lost packets are concealed by the last pitch period.
package g711

import (
	"errors"
	"fmt"

	"parley/media/codec"
	"parley/media/codec/internal/conceal"
)

const sampleRate = 8000 // Hz

func init() {
	register("PCMU", 20, compressMu, &decodeMu)
	register("PCMA", 30, compressA, &decodeA)
}

func register(name string, rank int, compress func(int16) byte, expand *[256]int16) {
	codec.RegisterAudio(codec.AudioAdapter{
		Name: name, Rank: rank, SampleRate: sampleRate, ClockRate: sampleRate, Implementation: "parley",
		NewEncoder: func(c codec.AudioConfig) (codec.AudioEncoder, error) {
			if err := check(name, c); err != nil {
				return nil, err
			}
			return &encoder{compress}, nil
		},
		NewDecoder: func(c codec.AudioConfig) (codec.AudioDecoder, error) {
			if err := check(name, c); err != nil {
				return nil, err
			}
			return &decoder{expand, conceal.New(sampleRate)}, nil
		},
	})
}

var (
	errConfig = errors.New("needs 8000 Hz and one channel")
	errShort  = errors.New("g711: buffer of samples too short")
	errEmpty  = errors.New("g711: empty packet")
)

func check(name string, c codec.AudioConfig) error {
	if c.SampleRate != sampleRate || c.Channels != 1 {
		return fmt.Errorf("g711: %s %w, got %d Hz, %d channels", name, errConfig, c.SampleRate, c.Channels)
	}
	return nil
}

type encoder struct{ compress func(int16) byte }

func (e *encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	for _, s := range pcm {
		dst = append(dst, e.compress(s))
	}
	return dst, nil
}

// SetBitrate does nothing: it is always 64 kbit/s.
func (e *encoder) SetBitrate(int) {}

// SetLoss does nothing: there is no FEC.
func (e *encoder) SetLoss(float64) {}

func (e *encoder) Close() error { return nil }

type decoder struct {
	expand *[256]int16
	plc    *conceal.Concealer
}

func (d *decoder) Decode(pcm []int16, packet []byte) (samples int, err error) {
	switch {
	case len(packet) == 0:
		return 0, errEmpty
	case len(packet) > len(pcm):
		return 0, errShort
	}
	pcm = pcm[:len(packet)]
	for i, b := range packet {
		pcm[i] = d.expand[b]
	}
	d.plc.Received(pcm)
	return len(packet), nil
}

func (d *decoder) Conceal(pcm []int16, samples int, _ []byte) error {
	if samples <= 0 || samples > len(pcm) {
		return errShort
	}
	d.plc.Conceal(pcm[:samples])
	return nil
}

func (d *decoder) Close() error { return nil }
