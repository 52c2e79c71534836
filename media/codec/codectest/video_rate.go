package codectest

import (
	"testing"

	"parley/media/codec"
	"parley/media/video"
)

// rate codes the pictures over and over for so many, and returns bit/s at 30 frames a second, and how many were key.
func rate(t *testing.T, e codec.VideoEncoder, pictures []*video.Frame, count int) (bits, keys int) {
	t.Helper()
	size := 0
	for i := range count {
		data, key := encode(t, e, pictures[i%len(pictures)], false)
		size += len(data)
		if key {
			keys++
		}
	}
	return size * 8 * 30 / count, keys
}

func (s suite) rateChange(t *testing.T) {
	e := s.encoder(t, usual())
	pictures := frames(640, 360, 60)
	rate(t, e, pictures, 60) // settle
	high, _ := rate(t, e, pictures, 60)
	if err := e.SetRate(200_000, 30); err != nil {
		t.Fatal(err)
	}
	_, keys := rate(t, e, pictures, 60)
	low, k := rate(t, e, pictures, 60)
	if err := e.SetRate(1_000_000, 30); err != nil {
		t.Fatal(err)
	}
	_, k2 := rate(t, e, pictures, 60)
	again, k3 := rate(t, e, pictures, 60)
	t.Logf("%d, %d, %d bit/s", high, low, again)
	if keys+k+k2+k3 != 0 {
		t.Error("a change of rate made a key frame")
	}
	if low > high/2 || low > 300_000 {
		t.Errorf("%d bit/s after SetRate(200 000), %d before", low, high)
	}
	if again < low*2 {
		t.Errorf("%d bit/s after the rate rose again, %d before", again, low)
	}
}

// rateKept: noise is more than the rate allows, so the encoder has to drop rather than overshoot.
func (s suite) rateKept(t *testing.T) {
	c := usual()
	c.Bitrate = 500_000
	e := s.encoder(t, c)
	pictures := make([]*video.Frame, 8)
	for i := range pictures {
		pictures[i] = frames(640, 360, 1)[0]
		paintNoise(pictures[i], i)
	}
	rate(t, e, pictures, 30)
	got, _ := rate(t, e, pictures, 120)
	t.Logf("%d bit/s", got)
	if got > c.Bitrate*3/2 {
		t.Errorf("%d bit/s of noise, want at most %d", got, c.Bitrate*3/2)
	}
}
