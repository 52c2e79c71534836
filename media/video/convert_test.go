package video

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
)

// paint fills a frame with a gradient that stays within limited range.
func paint(f *Frame) *Frame {
	for y := range f.Height {
		for x := range f.Width {
			f.Y[y*f.StrideY+x] = byte(16 + (x*3+y*2)%219)
		}
	}
	for y := range (f.Height + 1) / 2 {
		for x := range (f.Width + 1) / 2 {
			f.U[y*f.StrideUV+x] = byte(90 + x*60/f.Width)
			f.V[y*f.StrideUV+x] = byte(90 + y*60/f.Height)
		}
	}
	return f
}

// flat is a frame of one colour.
func flat(width, height int, y, u, v byte) *Frame {
	f := NewFrame(width, height)
	fill(f.Y, y)
	fill(f.U, u)
	fill(f.V, v)
	return f
}

func near(a, b, by int) bool { return a-b <= by && b-a <= by }

// TestColours converts colours of BT.601 in limited range both ways. Values are those of the matrix.
func TestColours(t *testing.T) {
	for _, c := range []struct {
		name    string
		rgba    color.RGBA
		y, u, v byte
	}{
		{"black", color.RGBA{0, 0, 0, 255}, 16, 128, 128},
		{"white", color.RGBA{255, 255, 255, 255}, 235, 128, 128},
		{"red", color.RGBA{255, 0, 0, 255}, 81, 90, 240},
		{"green", color.RGBA{0, 255, 0, 255}, 145, 54, 34},
		{"blue", color.RGBA{0, 0, 255, 255}, 41, 240, 110},
	} {
		t.Run(c.name, func(t *testing.T) {
			img := image.NewRGBA(image.Rect(0, 0, 6, 4))
			if err := ToRGBA(img, flat(6, 4, c.y, c.u, c.v)); err != nil {
				t.Fatal(err)
			}
			got := img.RGBAAt(5, 3)
			if !near(int(got.R), int(c.rgba.R), 3) || !near(int(got.G), int(c.rgba.G), 3) ||
				!near(int(got.B), int(c.rgba.B), 3) || got.A != 255 {
				t.Errorf("to RGBA: %v, want %v", got, c.rgba)
			}
			bgra := make([]byte, 6*4*4)
			for i := range 6 * 4 {
				copy(img.Pix[i*4:], []byte{c.rgba.R, c.rgba.G, c.rgba.B, 255})
				copy(bgra[i*4:], []byte{c.rgba.B, c.rgba.G, c.rgba.R, 255})
			}
			var jpg bytes.Buffer
			if err := jpeg.Encode(&jpg, img, &jpeg.Options{Quality: 100}); err != nil {
				t.Fatal(err)
			}
			decoded, err := jpeg.Decode(&jpg)
			if err != nil {
				t.Fatal(err)
			}
			for what, convert := range map[string]func(*Frame) error{
				"RGBA":  func(f *Frame) error { return FromRGBA(f, img) },
				"BGRA":  func(f *Frame) error { return FromBGRA(f, bgra, 0) },
				"YCbCr": func(f *Frame) error { return FromImage(f, decoded) },
				"other": func(f *Frame) error { return FromImage(f, &image.NRGBA{Pix: img.Pix, Stride: 24, Rect: img.Rect}) },
				"MJPEG": func(f *Frame) error {
					var again bytes.Buffer
					if err := jpeg.Encode(&again, img, &jpeg.Options{Quality: 100}); err != nil {
						return err
					}
					return FromMJPEG(f, again.Bytes())
				},
			} {
				f := NewFrame(6, 4)
				if err := convert(f); err != nil {
					t.Errorf("from %s: %v", what, err)
				}
				if !near(int(f.Y[7]), int(c.y), 3) || !near(int(f.U[1]), int(c.u), 3) || !near(int(f.V[1]), int(c.v), 3) {
					t.Errorf("from %s: %d %d %d, want %d %d %d", what, f.Y[7], f.U[1], f.V[1], c.y, c.u, c.v)
				}
			}
		})
	}
}

func TestCameraFormats(t *testing.T) {
	for _, size := range [][2]int{{8, 6}, {7, 5}, {1, 1}, {33, 18}} {
		w, h := size[0], size[1]
		want := paint(NewFrame(w, h))
		cw, ch := (w+1)/2, (h+1)/2
		i420 := append(append(append([]byte{}, want.Y...), want.U...), want.V...)
		nv12 := append([]byte{}, want.Y...)
		for i := range cw * ch {
			nv12 = append(nv12, want.U[i], want.V[i])
		}
		yuyv := make([]byte, 0, cw*4*h)
		for y := range h {
			for x := range cw {
				second := want.Y[y*w+min(2*x+1, w-1)]
				yuyv = append(yuyv, want.Y[y*w+2*x], want.U[y/2*cw+x], second, want.V[y/2*cw+x])
			}
		}
		for what, convert := range map[string]func(*Frame) error{
			"I420": func(f *Frame) error { return FromI420(f, i420) },
			"NV12": func(f *Frame) error { return FromNV12(f, nv12) },
			"YUYV": func(f *Frame) error { return FromYUYV(f, yuyv, 0) },
		} {
			got := NewFrame(w, h)
			if err := convert(got); err != nil {
				t.Errorf("%v from %s: %v", size, what, err)
			} else if db := PSNR(want, got); db < 50 {
				t.Errorf("%v from %s: PSNR %.1f dB", size, what, db)
			}
		}
		for what, err := range map[string]error{
			"I420": FromI420(NewFrame(w, h), i420[:len(i420)-1]),
			"NV12": FromNV12(NewFrame(w, h), nv12[:len(nv12)-1]),
			"YUYV": FromYUYV(NewFrame(w, h), yuyv[:len(yuyv)-1], 0),
			"BGRA": FromBGRA(NewFrame(w, h), make([]byte, w*h*4-1), 0),
		} {
			if !errors.Is(err, ErrSize) {
				t.Errorf("%v from %s one byte short: %v", size, what, err)
			}
		}
	}
}

func TestScaleKeepsThePicture(t *testing.T) {
	for _, c := range []struct{ from, to [2]int }{
		{[2]int{1280, 720}, [2]int{640, 360}},
		{[2]int{1280, 720}, [2]int{427, 241}},
		{[2]int{641, 359}, [2]int{1280, 720}},
		{[2]int{5, 3}, [2]int{64, 64}},
		{[2]int{640, 480}, [2]int{1, 1}},
		{[2]int{320, 180}, [2]int{320, 180}},
	} {
		t.Run(fmt.Sprint(c.from, c.to), func(t *testing.T) {
			src, dst := flat(c.from[0], c.from[1], 77, 100, 180), NewFrame(c.to[0], c.to[1])
			src.Captured = 5
			if err := Scale(dst, src); err != nil {
				t.Fatal(err)
			}
			if db := PSNR(dst, flat(c.to[0], c.to[1], 77, 100, 180)); db < 48 || dst.Captured != 5 {
				t.Errorf("PSNR %.1f dB, captured %v", db, dst.Captured)
			}
		})
	}
	// Down and up again keeps a smooth picture.
	src, small, back := NewFrame(640, 360), NewFrame(320, 180), NewFrame(640, 360)
	for i := range src.Y {
		src.Y[i] = byte(40 + i%640/4)
	}
	fill(src.U, 128)
	fill(src.V, 128)
	if err := errors.Join(Scale(small, src), Scale(back, small)); err != nil {
		t.Fatal(err)
	}
	if db := PSNR(src, back); db < 40 {
		t.Errorf("PSNR %.1f dB after down and up", db)
	}
}

// TestScaleToRGBA gives what scaling and converting one after the other gives.
func TestScaleToRGBA(t *testing.T) {
	src := paint(NewFrame(640, 361))
	for _, size := range [][2]int{{640, 361}, {213, 119}, {1, 1}, {801, 450}} {
		mid, want := NewFrame(size[0], size[1]), image.NewRGBA(image.Rect(0, 0, size[0], size[1]))
		got := image.NewRGBA(want.Rect)
		if err := errors.Join(Scale(mid, src), ToRGBA(want, mid), ScaleToRGBA(got, src)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%v differs", size)
		}
	}
}

func TestMirror(t *testing.T) {
	src, once, twice := paint(NewFrame(33, 17)), NewFrame(33, 17), NewFrame(33, 17)
	if err := errors.Join(Mirror(once, src), Mirror(twice, once)); err != nil {
		t.Fatal(err)
	}
	if once.Y[0] != src.Y[32] || PSNR(src, twice) != 128 {
		t.Errorf("first %d, want %d; twice differs by %.1f dB", once.Y[0], src.Y[32], PSNR(src, twice))
	}
}

func TestCompare(t *testing.T) {
	a, b := paint(NewFrame(64, 48)), paint(NewFrame(64, 48))
	if PSNR(a, b) != 128 || SSIM(a, b) < 0.9999 {
		t.Errorf("equal pictures: PSNR %.1f, SSIM %.4f", PSNR(a, b), SSIM(a, b))
	}
	for i := range b.Y {
		b.Y[i] += byte(i % 2 * 10)
	}
	if db := PSNR(a, b); db < 30 || db > 33 { // 10·log10(255²/(100/2·2/3))
		t.Errorf("PSNR %.2f dB, want 32.9", db)
	}
	if SSIM(a, b) > 0.99 {
		t.Errorf("SSIM %.4f of different pictures", SSIM(a, b))
	}
	if PSNR(a, NewFrame(64, 50)) != 0 || SSIM(a, NewFrame(64, 50)) != 0 {
		t.Error("frames of other sizes compare")
	}
	Black(a)
	if PSNR(a, flat(64, 48, 16, 128, 128)) != 128 {
		t.Error("Black is not black")
	}
}

// TestHostileSizes: whatever a frame says about itself, it is an error rather than a read outside its planes.
func TestHostileSizes(t *testing.T) {
	good := NewFrame(64, 64)
	change := func(c func(*Frame)) *Frame {
		f := NewFrame(64, 64)
		c(f)
		return f
	}
	for what, f := range map[string]*Frame{
		"empty":           {},
		"negative":        change(func(f *Frame) { f.Width = -64 }),
		"too wide":        change(func(f *Frame) { f.Width = MaxSize + 1 }),
		"wider than rows": change(func(f *Frame) { f.Width = 65 }),
		"too high":        change(func(f *Frame) { f.Height = 66 }),
		"negative stride": change(func(f *Frame) { f.StrideY = -64 }),
		"zero stride":     change(func(f *Frame) { f.StrideUV = 0 }),
		"huge stride":     change(func(f *Frame) { f.StrideY = 1 << 40 }),
		"short U":         change(func(f *Frame) { f.U = f.U[:10] }),
		"no V":            change(func(f *Frame) { f.V = nil }),
	} {
		img := image.NewRGBA(image.Rect(0, 0, 32, 32))
		for op, err := range map[string]error{
			"Scale from":  Scale(good, f),
			"Scale to":    Scale(f, good),
			"Copy":        CopyFrame(f, good),
			"ToRGBA":      ToRGBA(img, f),
			"ScaleToRGBA": ScaleToRGBA(img, f),
			"FromI420":    FromI420(f, nil),
			"FromBGRA":    FromBGRA(f, make([]byte, 64*64*4), 0),
			"Check":       f.Check(),
		} {
			if !errors.Is(err, ErrSize) {
				t.Errorf("%s of %s: %v, want ErrSize", op, what, err)
			}
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	img.Pix = img.Pix[:100]
	if err := ToRGBA(img, good); !errors.Is(err, ErrSize) {
		t.Errorf("image with too few pixels: %v", err)
	}
}

func TestBrokenJPEG(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, nil); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	if w, h, err := MJPEGSize(data); w != 64 || h != 48 || err != nil {
		t.Errorf("size %dx%d, %v", w, h, err)
	}
	f := NewFrame(64, 48)
	for _, n := range []int{0, 1, 2, 10, 100, 200} {
		if err := FromMJPEG(f, data[:n]); err == nil {
			t.Errorf("decoded a JPEG of %d bytes", n)
		}
	}
	if err := FromMJPEG(NewFrame(32, 32), data); !errors.Is(err, ErrSize) {
		t.Errorf("into another size: %v", err)
	}
	for i := range data { // damage anywhere: any outcome but a crash
		broken := bytes.Clone(data)
		broken[i] ^= 0xff
		_ = FromMJPEG(f, broken)
	}
	if err := FromMJPEG(f, data); err != nil {
		t.Errorf("after broken ones: %v", err)
	}
}

func TestNoAllocations(t *testing.T) {
	src, half := paint(NewFrame(640, 360)), NewFrame(320, 180)
	img := image.NewRGBA(image.Rect(0, 0, 400, 225))
	full := image.NewRGBA(image.Rect(0, 0, 640, 360))
	bgra := make([]byte, 640*360*4)
	var pool Pool
	for what, f := range map[string]func() error{
		"Scale":       func() error { return Scale(half, src) },
		"ToRGBA":      func() error { return ToRGBA(full, src) },
		"ScaleToRGBA": func() error { return ScaleToRGBA(img, src) },
		"FromBGRA":    func() error { return FromBGRA(src, bgra, 0) },
		"FromRGBA":    func() error { return FromRGBA(src, full) },
		"CopyFrame":   func() error { f := pool.Get(640, 360); defer f.Release(); return CopyFrame(f, src) },
		"PSNR":        func() error { _ = PSNR(src, src); return nil },
	} {
		if n := testing.AllocsPerRun(20, func() {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s allocates %.1f times", what, n)
		}
	}
}
