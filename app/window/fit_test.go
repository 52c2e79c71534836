package window

import (
	"testing"

	"fyne.io/fyne/v2"
)

func TestWindowsFitTheScreen(t *testing.T) {
	small, large := fyne.NewSize(640, 480), fyne.NewSize(1920, 1040)
	for _, c := range []struct {
		name         string
		wanted, want fyne.Size
		scale        float32
		areas        []fyne.Size
	}{
		{"as it is", fyne.NewSize(640, 480), fyne.NewSize(640, 480), 1, []fyne.Size{small}},
		{"from a larger screen", fyne.NewSize(1900, 1000), fyne.NewSize(640, 440), 1, []fyne.Size{small}},
		{"too wide", fyne.NewSize(1024, 400), fyne.NewSize(640, 400), 1, []fyne.Size{small}},
		{"too high", fyne.NewSize(460, 500), fyne.NewSize(460, 440), 1, []fyne.Size{small}},
		{"everything is large", fyne.NewSize(460, 360), fyne.NewSize(320, 220), 2, []fyne.Size{small}},
		{"fits the other screen", fyne.NewSize(1900, 1000), fyne.NewSize(1900, 1000), 1, []fyne.Size{small, large}},
		{"fits none", fyne.NewSize(3000, 2000), fyne.NewSize(1920, 1000), 1, []fyne.Size{small, large}},
		{"no screens are known", fyne.NewSize(1900, 1000), fyne.NewSize(1900, 1000), 1, nil},
		{"screens of nothing", fyne.NewSize(1900, 1000), fyne.NewSize(1900, 1000), 1, []fyne.Size{{}}},
		{"no scale", fyne.NewSize(1900, 1000), fyne.NewSize(1900, 1000), 0, []fyne.Size{small}},
	} {
		if got := fit(c.wanted, c.scale, c.areas); got != c.want {
			t.Errorf("%s: %v becomes %v, want %v", c.name, c.wanted, got, c.want)
		}
	}
}
