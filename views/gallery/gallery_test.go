package gallery

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"parley/connector/call"
	"parley/views"
	"parley/views/look"
	"parley/views/text"
)

// sizes in which every screen must be whole. The last ones are the first ones at a scale of 200 %.
var sizes = []fyne.Size{{Width: 1024, Height: 640}, {Width: 1920, Height: 1080}, {Width: 380, Height: 760},
	{Width: 512, Height: 320}, {Width: 960, Height: 540}, {Width: 640, Height: 480}}

// stood is a sample in a window without a display.
type stood struct {
	window   fyne.Window
	root     *views.Root // nil for the window of an incoming call
	incoming *views.Incoming
	pictures *Pictures
}

// stand puts one sample into a window.
func stand(t *testing.T, s Sample, size fyne.Size, mode look.Mode, lang string) stood {
	t.Helper()
	app := test.NewTempApp(t)
	app.Settings().SetTheme(look.New(mode))
	text.Use(lang)
	t.Cleanup(func() { text.Use(text.System) })
	w := test.NewTempWindow(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	st := stood{window: w, pictures: &Pictures{}}
	acting := false
	env := &views.Env{
		Context: ctx, Actions: Actions{}, Pictures: st.pictures, Window: w,
		// Nothing comes back, a picture of this moment; what Act opens may draw itself at once.
		Do: func(fn func()) {
			if acting {
				fn()
			}
		},
		Now:   func() time.Time { return Now },
		After: func(time.Duration, func()) func() { return func() {} },
	}
	t.Cleanup(cancel)
	if s.Incoming {
		st.incoming = views.NewIncoming(env, nil)
		st.incoming.Set(s.Model.Snapshot.Incoming)
		st.incoming.SetInCall(s.Model.Snapshot.Call.State != call.Idle)
		w.SetContent(st.incoming.Content)
		w.SetPadded(false)
		w.Resize(size)
		return st
	}
	st.root = views.NewRoot(env)
	w.Resize(size)
	st.root.Set(s.Model)
	if s.Settings {
		st.root.OpenSettings()
	}
	w.Resize(size)
	if s.Act != nil {
		acting = true
		s.Act(st.root, w)
		acting = false
	}
	return st
}

// render draws one sample without a display.
func render(t *testing.T, s Sample, size fyne.Size, mode look.Mode, lang string) image.Image {
	t.Helper()
	st := stand(t, s, size, mode, lang)
	if m := st.window.Content().MinSize(); m.Width > size.Width || m.Height > size.Height {
		t.Errorf("%s in %s needs %v, the window has %v", s.Name, lang, m, size)
	}
	st.pictures.Paint()
	return st.window.Canvas().Capture()
}

// TestGallery renders every screen in every size and language. With PARLEY_GALLERY set to a folder the pictures
// of both themes are kept there to be looked at. A screen that needs more room than the window has is cut: that fails.
func TestGallery(t *testing.T) {
	folder := os.Getenv("PARLEY_GALLERY")
	only := os.Getenv("PARLEY_GALLERY_ONLY") // the beginning of a sample's name
	samples := Samples()
	if folder != "" {
		samples = append(samples, More()...)
	}
	for _, s := range samples {
		if !strings.HasPrefix(s.Name, only) {
			continue
		}
		for _, size := range sizes {
			if folder == "" && size.Height < 600 {
				continue // measured, which costs less than drawn (TestNoTextIsCut)
			}
			if s.Size != (fyne.Size{}) {
				size = s.Size
			}
			for _, lang := range text.Languages {
				for _, mode := range []look.Mode{look.Light, look.Dark} {
					if folder == "" && (mode == look.Dark) != (lang == "ru") {
						continue // half of the pictures will do when nobody looks at them
					}
					name := fmt.Sprintf("%s-%gx%g-%s-%s", s.Name, size.Width, size.Height, lang, mode)
					img := render(t, s, size, mode, lang)
					if b := img.Bounds(); b.Dx() != int(size.Width) || b.Dy() != int(size.Height) {
						t.Errorf("%s needs %dx%d", name, b.Dx(), b.Dy())
					}
					if plain(img) {
						t.Errorf("%s shows nothing", name)
					}
					if folder != "" {
						save(t, filepath.Join(folder, name+".png"), img)
					}
				}
			}
			if s.Size != (fyne.Size{}) {
				break
			}
		}
	}
}

func plain(img image.Image) bool {
	colors := map[uint32]bool{}
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y += 3 {
		for x := b.Min.X; x < b.Max.X; x += 3 {
			r, g, bl, _ := img.At(x, y).RGBA()
			colors[r>>8<<16|g>>8<<8|bl>>8] = true
		}
	}
	return len(colors) < 8
}

func save(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}
