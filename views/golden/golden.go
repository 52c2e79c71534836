// Package golden compares pictures with kept ones, for tests.
package golden

import (
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// update writes the pictures anew: go test ./views/widget -run Golden -update. Look at every one before it is committed.
var update = flag.Bool("update", false, "write the golden pictures anew")

// The tolerance: how far a channel of a pixel may be off, and which part of the pixels may be further off. Text is drawn
// by the same code everywhere; this leaves room for another rounding.
const (
	goldenChannel = 24 // of 255
	goldenPart    = 0.002
)

// Compare a picture with the golden one. What differs is left beside the test's folder to be looked at.
func Compare(t *testing.T, path string, got image.Image) {
	t.Helper()
	if *update {
		save(t, path, got)
		return
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatalf("%v: is it new? Run with -update and look at it", err)
	}
	defer file.Close()
	want, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if want.Bounds().Size() != got.Bounds().Size() {
		t.Fatalf("%v, golden %v", got.Bounds().Size(), want.Bounds().Size())
	}
	off, size := 0, got.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if differ(got, want, x, y) {
				off++
			}
		}
	}
	if part := float64(off) / float64(size.X*size.Y); part > goldenPart {
		failed := filepath.Join(os.TempDir(), "parley-golden-"+filepath.Base(path))
		save(t, failed, got)
		t.Errorf("%.2f %% of the pixels differ; see %s", part*100, failed)
	}
}

func differ(a, b image.Image, x, y int) bool {
	ar, ag, ab, _ := a.At(x, y).RGBA()
	br, bg, bb, _ := b.At(x, y).RGBA()
	for _, d := range [3]int{int(ar) - int(br), int(ag) - int(bg), int(ab) - int(bb)} {
		if max(d, -d)>>8 > goldenChannel {
			return true
		}
	}
	return false
}

func save(t *testing.T, path string, picture image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
}
