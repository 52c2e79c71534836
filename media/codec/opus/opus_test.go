package opus

import (
	"math"
	"testing"

	"parley/media/codec"
	"parley/media/codec/codectest"
)

// Opus codes what is heard, not the waveform, so the bounds are wide; libopus joins a concealed frame to a received one
// with a step of some thousands at most.
func opusCase(channels int) codectest.AudioCase {
	return codectest.AudioCase{
		Name: "opus", SampleRate: 48000, Channels: channels,
		MinSNR: 10, MusicSNR: 20, MaxJump: 6000, FEC: true, DTX: true,
	}
}

func TestOpus(t *testing.T) { codectest.Audio(t, opusCase(1)) }

func TestOpusStereo(t *testing.T) { codectest.Audio(t, opusCase(2)) }

// TestRates: the bitrate and the expected loss take any value, and music needs no voice tricks.
func TestRates(t *testing.T) {
	e, err := newEncoder(codec.AudioConfig{SampleRate: 48000, Channels: 2, Music: true, FEC: true, DTX: true})
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 960*2)
	for i := range pcm {
		pcm[i] = int16(i * 7919 % 20000) // busy enough to use what it is given
	}
	size := func(bitrate int) (n int) {
		e.SetBitrate(bitrate)
		for range 25 {
			p, err := e.Encode(nil, pcm)
			if err != nil || len(p) == 0 {
				t.Fatalf("%d bytes, %v", len(p), err)
			}
			n += len(p)
		}
		return n
	}
	low, high := size(6000), size(128_000)
	if high < low*4 {
		t.Errorf("%d bytes at 6 kbit/s, %d at 128", low, high)
	}
	for _, v := range []int{-1, 0, 1 << 30} {
		e.SetBitrate(v)
		e.SetLoss(float64(v))
		if _, err := e.Encode(nil, pcm); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.Encode(nil, pcm[:7*2]); err == nil {
		t.Error("7 samples make no frame")
	}
	if _, err := newEncoder(codec.AudioConfig{SampleRate: 44100, Channels: 1}); err == nil {
		t.Error("an encoder at 44.1 kHz")
	}
}

// TestRedundant: packets say whether they hold the packet before them. They do for a voice when losses are expected,
// in mono and stereo, but for its faint parts.
func TestRedundant(t *testing.T) {
	for _, c := range []struct {
		channels int
		loss     float64
		want     bool
	}{{1, 0, false}, {1, 0.2, true}, {2, 0.2, true}} {
		e, err := newEncoder(codec.AudioConfig{SampleRate: 48000, Channels: c.channels, FEC: true, Bitrate: 40_000})
		if err != nil {
			t.Fatal(err)
		}
		d, err := newDecoder(codec.AudioConfig{SampleRate: 48000, Channels: c.channels})
		if err != nil {
			t.Fatal(err)
		}
		e.SetLoss(c.loss)
		pcm, count := make([]int16, 960*c.channels), 0
		for n := range 100 {
			for i := range pcm { // a voice: pulses of 150 Hz whose strength changes
				phase := float64(n*960+i/c.channels) * 150 / 48000
				pcm[i] = int16(9000 * (1 + math.Sin(float64(n)/5)) / 2 * math.Pow(1-(phase-math.Floor(phase)), 6))
			}
			packet, err := e.Encode(nil, pcm)
			if err != nil {
				t.Fatal(err)
			}
			if d.Redundant(packet) {
				count++
			}
		}
		if c.want && count < 60 || !c.want && count > 0 {
			t.Errorf("%+v: %d of 100 packets are redundant", c, count)
		}
	}
	d, _ := newDecoder(codec.AudioConfig{SampleRate: 48000, Channels: 1})
	for toc := range 256 { // nothing breaks, and music has none
		for _, rest := range [][]byte{nil, {0xff}, {0xff, 0xff}, {0xff, 0xff, 0xff}} {
			if d.Redundant(append([]byte{byte(toc)}, rest...)) && toc>>3 >= 16 {
				t.Errorf("%x %x", toc, rest)
			}
		}
	}
	if d.Redundant(nil) {
		t.Error("an empty packet")
	}
}

func BenchmarkOpus(b *testing.B) { codectest.BenchmarkAudio(b, opusCase(1)) }
