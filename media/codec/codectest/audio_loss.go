package codectest

import (
	"math"
	"testing"

	"parley/media/codec"
)

// fec: a sweep changes all the time, so only the next packet's FEC can tell what was lost.
func (s audioSuite) fec(t *testing.T) {
	measure := func(useNext bool) float64 {
		e, d := s.open(t, codec.AudioConfig{FEC: true, Bitrate: 32_000})
		e.SetLoss(0.2)
		frame := s.c.frame() * s.c.Channels
		var packets [][]byte
		var clean [][]int16
		_, reference := s.open(t, codec.AudioConfig{})
		for i := range 60 {
			pcm := s.syllable(i)
			p, err := e.Encode(nil, pcm)
			if err != nil {
				t.Fatal(err)
			}
			want := make([]int16, frame)
			if _, err := reference.Decode(want, p); err != nil {
				t.Fatal(err)
			}
			packets, clean = append(packets, p), append(clean, want)
		}
		var noise, signal float64
		buf := make([]int16, frame)
		for i, p := range packets {
			if i%6 != 5 || i == len(packets)-1 {
				if _, err := d.Decode(buf, p); err != nil {
					t.Fatal(err)
				}
				continue
			}
			var next []byte
			if useNext {
				next = packets[i+1]
			}
			if err := d.Conceal(buf, s.c.frame(), next); err != nil {
				t.Fatal(err)
			}
			for k, v := range buf {
				diff := float64(v) - float64(clean[i][k])
				noise, signal = noise+diff*diff, signal+float64(clean[i][k])*float64(clean[i][k])
			}
		}
		return 10 * math.Log10(signal/noise)
	}
	with, without := measure(true), measure(false)
	t.Logf("lost packets come back with %.1f dB by FEC, %.1f dB by concealment", with, without)
	if with < without+3 {
		t.Errorf("FEC gives %.1f dB, concealment alone %.1f", with, without)
	}
}

// syllable is a voice whose pitch and loudness change from frame to frame.
func (s audioSuite) syllable(n int) []int16 {
	pcm := s.voice(n)
	frame, channels := s.c.frame(), s.c.Channels
	for i := range frame {
		at := float64(n*frame+i) / float64(s.c.SampleRate)
		phase := 2 * math.Pi * (150*at + 30*math.Sin(2*math.Pi*5*at))
		v := 0.0
		for k := 1; k <= 8; k++ {
			v += math.Sin(phase*float64(k)) / float64(k)
		}
		v *= 5000 * (1 + 0.8*math.Sin(2*math.Pi*7*at))
		for ch := range channels {
			pcm[i*channels+ch] = int16(v)
		}
	}
	return pcm
}

// dtx: silence costs nearly nothing and stays silent.
func (s audioSuite) dtx(t *testing.T) {
	e, d := s.open(t, codec.AudioConfig{DTX: true})
	silence := make([]int16, s.c.frame()*s.c.Channels)
	buf := make([]int16, len(silence))
	sent, size := 0, 0
	for i := range 150 {
		pcm := silence
		if i < 25 {
			pcm = s.voice(i)
		}
		p, err := e.Encode(nil, pcm)
		if err != nil {
			t.Fatal(err)
		}
		if len(p) == 0 {
			err = d.Conceal(buf, s.c.frame(), nil)
		} else {
			_, err = d.Decode(buf, p)
		}
		if err != nil {
			t.Fatal(err)
		}
		if i >= 75 {
			if len(p) > 0 {
				sent++
			}
			size += len(p)
			if level := energy(buf); level > 30 {
				t.Fatalf("silence decodes to level %.0f", level)
			}
		}
	}
	t.Logf("%d packets and %d bytes for 1.5 s of silence", sent, size)
	if sent > 15 {
		t.Errorf("%d of 75 packets of silence were sent", sent)
	}
	p, err := e.Encode(nil, s.voice(0))
	if err != nil || len(p) == 0 {
		t.Errorf("the voice comes back with %d bytes, %v", len(p), err)
	}
}
