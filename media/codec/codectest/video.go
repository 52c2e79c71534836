package codectest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/media/codec"
	"parley/media/video"
)

// Video runs the whole suite on a codec that is registered with both directions.
func Video(t *testing.T, name string) {
	t.Helper()
	a, err := codec.Video(name)
	if err != nil {
		t.Fatal(err)
	}
	s := suite{a}
	t.Run("RoundTrip", s.roundTrip)
	t.Run("Screen", s.screen)
	t.Run("KeyFrameOnDemand", s.keyFrame)
	t.Run("RateChange", s.rateChange)
	t.Run("RateIsKept", s.rateKept)
	t.Run("SizeChange", s.sizeChange)
	t.Run("OddSizes", s.oddSizes)
	t.Run("BrokenInput", s.broken)
	t.Run("StartsAtKeyFrame", s.startsAtKey)
	t.Run("BadArguments", s.badArguments)
	t.Run("Allocations", s.allocations)
}

type suite struct{ codec.VideoAdapter }

func (s suite) encoder(t testing.TB, c codec.VideoConfig) codec.VideoEncoder {
	t.Helper()
	e, err := s.NewEncoder(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func (s suite) decoder(t testing.TB) codec.VideoDecoder {
	t.Helper()
	d, err := s.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// usual is the configuration of a camera at 640×360 and 1 Mb/s.
func usual() codec.VideoConfig {
	return codec.VideoConfig{Width: 640, Height: 360, FrameRate: 30, Bitrate: 1_000_000}
}

// encode codes a frame, and fails the test on an error.
func encode(t testing.TB, e codec.VideoEncoder, f *video.Frame, force bool) (data []byte, key bool) {
	t.Helper()
	data, key, err := e.Encode(nil, f, force)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	return data, key
}

func decode(t testing.TB, d codec.VideoDecoder, data []byte) *video.Frame {
	t.Helper()
	f, err := d.Decode(data)
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	if f == nil {
		t.Fatal("decoder gave no picture")
	}
	return f
}

func (s suite) roundTrip(t *testing.T) {
	e, d := s.encoder(t, usual()), s.decoder(t)
	var sum float64
	shown := 0
	prefix := []byte("before")
	for i, f := range frames(640, 360, 90) {
		data, key, err := e.Encode(slices.Clone(prefix), f, false)
		if err != nil {
			t.Fatal(err)
		}
		if string(data[:len(prefix)]) != string(prefix) {
			t.Fatal("Encode does not append")
		}
		data = data[len(prefix):]
		if len(data) == 0 {
			continue
		}
		if key != codec.IsKeyFrame(s.Name, data) || key != (i == 0) {
			t.Errorf("picture %d: key %v, by its header %v", i, key, codec.IsKeyFrame(s.Name, data))
		}
		got := decode(t, d, data)
		sum += video.PSNR(f, got)
		shown++
		got.Release()
	}
	if shown < 80 {
		t.Errorf("only %d of 90 pictures came through", shown)
	}
	if db := sum / float64(shown); db < 30 {
		t.Errorf("PSNR %.1f dB, want 30", db)
	} else {
		t.Logf("PSNR %.1f dB over %d pictures", db, shown)
	}
}

func (s suite) screen(t *testing.T) {
	c := codec.VideoConfig{Width: 1280, Height: 720, FrameRate: 15, Bitrate: 1_000_000, Screen: true}
	e, d := s.encoder(t, c), s.decoder(t)
	f := video.NewFrame(c.Width, c.Height)
	total := 0
	var got *video.Frame
	for i := range 60 {
		PaintText(f, i)
		data, _ := encode(t, e, f, false)
		if len(data) == 0 {
			t.Fatalf("picture %d of a screen was dropped", i)
		}
		total += len(data)
		if got != nil {
			got.Release()
		}
		got = decode(t, d, data)
	}
	defer got.Release()
	if ssim := video.SSIM(f, got); ssim < 0.9 {
		t.Errorf("text came through with SSIM %.3f", ssim)
	} else {
		t.Logf("SSIM %.3f, PSNR %.1f dB, %d kbit/s", ssim, video.PSNR(f, got), total*8/4/1000)
	}
}

func (s suite) keyFrame(t *testing.T) {
	e := s.encoder(t, usual())
	late := s.decoder(t)
	for i, f := range frames(640, 360, 20) {
		data, key := encode(t, e, f, i == 10)
		if want := i == 0 || i == 10; key != want {
			t.Errorf("picture %d: key %v", i, key)
		}
		if i >= 10 && len(data) > 0 { // the key frame alone lets a newcomer in
			decode(t, late, data).Release()
		}
	}
}

func (s suite) sizeChange(t *testing.T) {
	e, d := s.encoder(t, usual()), s.decoder(t)
	for _, size := range [][2]int{{640, 360}, {320, 180}, {1280, 720}, {180, 320}, {640, 360}} {
		for i, f := range frames(size[0], size[1], 5) {
			data, key := encode(t, e, f, false)
			if key != (i == 0) {
				t.Errorf("%v, picture %d: key %v", size, i, key)
			}
			if len(data) == 0 {
				continue
			}
			if w, h := codec.FrameSize(s.Name, data); key && (w != size[0] || h != size[1]) {
				t.Errorf("header says %dx%d, want %v", w, h, size)
			}
			got := decode(t, d, data)
			if got.Width != size[0] || got.Height != size[1] {
				t.Errorf("decoded %dx%d, want %v", got.Width, got.Height, size)
			}
			if db := video.PSNR(f, got); db < 22 {
				t.Errorf("%v, picture %d: PSNR %.1f dB", size, i, db)
			}
			got.Release()
		}
	}
}

func (s suite) oddSizes(t *testing.T) {
	for _, size := range [][2]int{{101, 75}, {17, 33}, {321, 180}, {320, 181}, {66, 50}, {1279, 719}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			c := usual()
			c.Width, c.Height = size[0], size[1]
			e, d := s.encoder(t, c), s.decoder(t)
			for _, f := range frames(size[0], size[1], 3) {
				data, _ := encode(t, e, f, false)
				if len(data) == 0 {
					continue
				}
				got := decode(t, d, data)
				// H264 crops in steps of two and leaves an odd column or row out.
				if got.Width < size[0]&^1 || got.Width > size[0] || got.Height < size[1]&^1 || got.Height > size[1] {
					t.Fatalf("decoded %dx%d", got.Width, got.Height)
				}
				if db := video.PSNR(crop(f, got.Width, got.Height), got); db < 25 {
					t.Errorf("PSNR %.1f dB", db)
				}
				got.Release()
			}
		})
	}
}

// crop is a view of the top left part.
func crop(f *video.Frame, width, height int) *video.Frame {
	return &video.Frame{
		Width: width, Height: height, Y: f.Y, U: f.U, V: f.V, StrideY: f.StrideY, StrideUV: f.StrideUV,
	}
}

func (s suite) startsAtKey(t *testing.T) {
	e, d := s.encoder(t, usual()), s.decoder(t)
	pictures := frames(640, 360, 4)
	first, _ := encode(t, e, pictures[0], false)
	second, _ := encode(t, e, pictures[1], false)
	if _, err := d.Decode(second); !errors.Is(err, codec.ErrNeedKeyFrame) {
		t.Errorf("a later picture first: %v, want ErrNeedKeyFrame", err)
	}
	decode(t, d, first).Release()
	decode(t, d, second).Release()
}

func (s suite) badArguments(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {-1, 5}, {1 << 20, 1 << 20}, {640, 0}} {
		c := usual()
		c.Width, c.Height = size[0], size[1]
		if e, err := s.NewEncoder(c); err == nil {
			_ = e.Close()
			t.Errorf("an encoder for %v", size)
		}
	}
	e := s.encoder(t, usual())
	f := frames(640, 360, 1)[0]
	short := crop(f, 640, 360)
	short.U = short.U[:100]
	if _, _, err := e.Encode(nil, short, false); err == nil {
		t.Error("encoded a frame whose plane is too short")
	}
	if err := e.SetRate(-5, 0); err != nil {
		t.Errorf("SetRate brings odd values into range, got %v", err)
	}
	encode(t, e, f, true)
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Error(err)
	}
	if _, _, err := e.Encode(nil, f, false); err == nil {
		t.Error("encoded after Close")
	}
	d := s.decoder(t)
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Error(err)
	}
	if _, err := d.Decode([]byte{1, 2, 3}); err == nil {
		t.Error("decoded after Close")
	}
}

func (s suite) allocations(t *testing.T) {
	if Race {
		t.Skip("the race detector allocates on its own")
	}
	e, d := s.encoder(t, usual()), s.decoder(t)
	pictures := frames(640, 360, 30)
	dst := make([]byte, 0, 1<<20)
	n := 0
	step := func() {
		var err error
		dst, _, err = e.Encode(dst[:0], pictures[n%len(pictures)], false)
		if err != nil {
			t.Fatal(err)
		}
		n++
		if len(dst) == 0 {
			return
		}
		f, err := d.Decode(dst)
		if err != nil {
			t.Fatal(err)
		}
		f.Release()
	}
	for range 5 {
		step()
	}
	if got := testing.AllocsPerRun(50, step); got != 0 {
		t.Errorf("%.2f allocations for a picture coded and decoded, want none", got)
	}
}
