package video

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"testing"
)

func run(b *testing.B, name string, f func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkConvert(b *testing.B) {
	for _, size := range [][2]int{{640, 360}, {1280, 720}, {1920, 1080}} {
		w, h := size[0], size[1]
		f := paint(NewFrame(w, h))
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		if err := ToRGBA(img, f); err != nil {
			b.Fatal(err)
		}
		var jpg bytes.Buffer
		if err := jpeg.Encode(&jpg, img, nil); err != nil {
			b.Fatal(err)
		}
		dst, yuyv := NewFrame(w, h), make([]byte, w*h*2)
		name := fmt.Sprintf("%dx%d", w, h)
		run(b, "ToRGBA/"+name, func() error { return ToRGBA(img, f) })
		run(b, "FromRGBA/"+name, func() error { return FromRGBA(dst, img) })
		run(b, "FromYUYV/"+name, func() error { return FromYUYV(dst, yuyv, 0) })
		run(b, "FromMJPEG/"+name, func() error { return FromMJPEG(dst, jpg.Bytes()) })
		run(b, "Copy/"+name, func() error { return CopyFrame(dst, f) })
	}
}

func BenchmarkScale(b *testing.B) {
	f := paint(NewFrame(1280, 720))
	for _, size := range [][2]int{{160, 90}, {320, 180}, {640, 360}, {960, 540}, {1920, 1080}} {
		dst, img := NewFrame(size[0], size[1]), image.NewRGBA(image.Rect(0, 0, size[0], size[1]))
		name := fmt.Sprintf("1280x720to%dx%d", size[0], size[1])
		run(b, "Scale/"+name, func() error { return Scale(dst, f) })
		run(b, "ScaleToRGBA/"+name, func() error { return ScaleToRGBA(img, f) })
	}
}
