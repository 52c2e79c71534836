// Package g722 holds the wide-band codec of the telephone (ITU-T G.722 at 64 kbit/s, RFC 3551 4.5.2): one channel, 16 kHz, a
// byte for two samples. Lost packets are concealed by the last pitch period.
package g722

import (
	"errors"
	"fmt"

	"parley/media/codec"
	"parley/media/codec/internal/conceal"
)

const sampleRate = 16000 // Hz

func init() {
	codec.RegisterAudio(codec.AudioAdapter{
		Name: "G722", Rank: 15, SampleRate: sampleRate, ClockRate: 8000, Implementation: "parley",
		NewEncoder: func(c codec.AudioConfig) (codec.AudioEncoder, error) {
			if err := check(c); err != nil {
				return nil, err
			}
			return newEncoder(), nil
		},
		NewDecoder: func(c codec.AudioConfig) (codec.AudioDecoder, error) {
			if err := check(c); err != nil {
				return nil, err
			}
			return newDecoder(), nil
		},
	})
}

var (
	errConfig = errors.New("needs 16000 Hz and one channel")
	errShort  = errors.New("g722: buffer of samples too short")
	errEmpty  = errors.New("g722: empty packet")
)

func check(c codec.AudioConfig) error {
	if c.SampleRate != sampleRate || c.Channels != 1 {
		return fmt.Errorf("g722: %w, got %d Hz, %d channels", errConfig, c.SampleRate, c.Channels)
	}
	return nil
}

type encoder struct {
	low, high band
	filter    mirror
	odd       bool // a sample waits for the second of its pair
	first     int16
}

func newEncoder() *encoder { return &encoder{low: newLow(), high: newHigh()} }

// Encode as codec.AudioEncoder. The last sample of an odd number waits for the next call.
func (e *encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	for _, s := range pcm {
		if e.odd {
			dst = append(dst, e.pair(e.first, s))
		}
		e.odd, e.first = !e.odd, s
	}
	return dst, nil
}

// pair codes two samples: the higher sub-band's code in the two highest bits, the lower's below.
func (e *encoder) pair(a, b int16) byte {
	even, odd := e.filter.run(int32(a), int32(b))
	low := e.low.quantizeLow((even + odd) >> 14)
	high := e.high.quantizeHigh((odd - even) >> 14)
	e.low.adaptLow(low)
	e.high.adaptHigh(high)
	return high<<6 | low
}

// SetBitrate does nothing: it is always 64 kbit/s.
func (e *encoder) SetBitrate(int) {}

// SetLoss does nothing: there is no FEC.
func (e *encoder) SetLoss(float64) {}

func (e *encoder) Close() error { return nil }

type decoder struct {
	low, high band
	filter    mirror
	plc       *conceal.Concealer
}

func newDecoder() *decoder {
	return &decoder{low: newLow(), high: newHigh(), plc: conceal.New(sampleRate)}
}

func (d *decoder) Decode(pcm []int16, packet []byte) (samples int, err error) {
	switch {
	case len(packet) == 0:
		return 0, errEmpty
	case 2*len(packet) > len(pcm):
		return 0, errShort
	}
	pcm = pcm[:2*len(packet)]
	for i, b := range packet {
		pcm[2*i], pcm[2*i+1] = d.pair(b)
	}
	d.plc.Received(pcm)
	return len(pcm), nil
}

func (d *decoder) pair(code byte) (a, b int16) {
	low, high := code&63, code>>6
	l := bound(d.low.predicted+d.low.step*lowLevels[low]>>15, 1<<14)
	h := bound(d.high.predicted+d.high.step*highLevels[high]>>15, 1<<14)
	d.low.adaptLow(low)
	d.high.adaptHigh(high)
	even, odd := d.filter.run(l+h, l-h)
	return int16(saturate(odd >> 11)), int16(saturate(even >> 11))
}

func (d *decoder) Conceal(pcm []int16, samples int, _ []byte) error {
	if samples <= 0 || samples > len(pcm) {
		return errShort
	}
	d.plc.Conceal(pcm[:samples])
	return nil
}

func (d *decoder) Close() error { return nil }
