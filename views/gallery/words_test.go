package gallery

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	fynewidget "fyne.io/fyne/v2/widget"

	"parley/views/look"
	"parley/views/text"
	"parley/views/widget"
)

// slack is what rounding may take, device independent pixels.
const slack = 0.6

// written is a text on the screen: where it may be, where its letters are, and whether they fit.
type written struct {
	words string
	at    fyne.Position
	size  fyne.Size // of the letters
	clip  box       // what scrolls and the window leave of it
	over  bool      // over the screen
	tile  *widget.Tile
	in    fyne.CanvasObject
}

type box struct{ left, top, right, bottom float32 }

func (b box) meet(o box) box {
	return box{max(b.left, o.left), max(b.top, o.top), min(b.right, o.right), min(b.bottom, o.bottom)}
}

func (w written) box() box {
	return box{w.at.X, w.at.Y, w.at.X + w.size.Width, w.at.Y + w.size.Height}
}

// reader finds the texts of a screen and complains of those that do not fit.
type reader struct {
	complain func(string)
	texts    []written
	over     bool
	tile     *widget.Tile
}

// data are the beginnings of words that people bring along: names may be of any length and end in an ellipsis.
var data = []string{"Константин", "Квартальный", "Logitech", "DP-1", "HDMI-1", "LibreOffice", "turn:", "/home/", "meet.", "Анна", "Headset", "Integrated"}

func isData(words string) bool {
	return slices.ContainsFunc(data, func(d string) bool { return strings.Contains(words, d) })
}

func (r *reader) read(o fyne.CanvasObject, parent fyne.Position, clip box) {
	if o == nil || !o.Visible() {
		return
	}
	at := parent.Add(o.Position())
	size := o.Size()
	inside := func(child fyne.CanvasObject) { r.read(child, at, clip) }
	switch x := o.(type) {
	case *fynewidget.Label:
		r.label(x, at, clip)
		return
	case *canvas.Text:
		r.text(x, at, clip)
		return
	case *widget.Button:
		r.fits(x.Text, x.MinSize(), size)
		if x.Text != "" {
			words := fyne.MeasureText(x.Text, look.New(look.Light).Size("text"), fyne.TextStyle{})
			r.add(x.Text, at.AddXY((size.Width-words.Width)/2, (size.Height-words.Height)/2), words, clip, o)
		}
		return
	case *widget.Check:
		r.fits(x.Text, x.MinSize(), size)
		r.add(x.Text, at, x.MinSize(), clip, o)
		return
	case *widget.Select:
		if !isData(x.Selected) {
			r.fits(x.Selected, fyne.NewSize(fyne.MeasureText(x.Selected, 14, fyne.TextStyle{}).Width+50, 0), size)
		}
		r.add(x.Selected, at, size, clip, o)
		return
	case *widget.Field:
		hint := x.PlaceHolder
		if x.Text == "" && hint != "" && !isData(hint) {
			r.fits(hint, fyne.NewSize(fyne.MeasureText(hint, 14, fyne.TextStyle{}).Width+16, 0), size)
		}
		if x.Text != "" {
			hint = x.Text
		}
		r.add(hint, at, size, clip, o)
		return
	case *widget.Tile:
		before := r.tile
		r.tile = x
		for _, child := range rendered(x) {
			inside(child)
		}
		r.tile = before
		return
	case *container.Scroll:
		mine := box{at.X, at.Y, at.X + size.Width, at.Y + size.Height}
		if x.Direction != container.ScrollVerticalOnly {
			mine.left, mine.right = -1e6, 1e6 // it can be scrolled to
			clip.left, clip.right = mine.left, mine.right
		}
		clip = clip.meet(mine)
		r.read(x.Content, at, clip)
		return
	case *fyne.Container:
		for _, child := range x.Objects {
			inside(child)
		}
	case fyne.Widget:
		for _, child := range rendered(x) {
			inside(child)
		}
	}
}

// label wraps, ends in an ellipsis, or has to fit.
func (r *reader) label(l *fynewidget.Label, at fyne.Position, clip box) {
	if l.Text == "" {
		return
	}
	size, need := l.Size(), l.MinSize()
	letters := need
	if l.Truncation != fyne.TextTruncateOff {
		style := look.New(look.Light)
		textSize := style.Size("text")
		if l.SizeName != "" {
			textSize = style.Size(l.SizeName)
		}
		words := fyne.MeasureText(l.Text, textSize, l.TextStyle).Width + 20
		if words > size.Width+slack && !isData(l.Text) {
			r.complain(fmt.Sprintf("%q ends in an ellipsis: it needs %.0f, and has %.0f", l.Text, words, size.Width))
		}
		letters.Width = min(words, size.Width)
	} else if l.Wrapping == fyne.TextWrapOff {
		r.fits(l.Text, need, size)
	} else {
		r.fits(l.Text, fyne.NewSize(0, need.Height), size)
		letters.Width = size.Width
	}
	// A label has room around its letters, which others may come into.
	r.add(l.Text, at.AddXY(10, 10), fyne.NewSize(max(0, letters.Width-20), max(0, letters.Height-20)), clip, l)
}

func (r *reader) text(t *canvas.Text, at fyne.Position, clip box) {
	if t.Text == "" {
		return
	}
	if strings.HasSuffix(t.Text, "…") && !endsSo(t.Text) {
		if !isData(t.Text) {
			r.complain(fmt.Sprintf("%q is cut", t.Text))
		}
	}
	m := t.MinSize()
	switch t.Alignment {
	case fyne.TextAlignCenter:
		at.X += (t.Size().Width - m.Width) / 2
	case fyne.TextAlignTrailing:
		at.X += t.Size().Width - m.Width
	}
	r.add(t.Text, at, m, clip, t)
}

// endsSo tells whether words end in an ellipsis of themselves.
func endsSo(words string) bool {
	for _, key := range []string{"call.connecting", "call.ending", "call.shareOther", "call.shareStarting", "share.loading", "home.calling",
		"status.connecting", "status.disconnecting", "status.callConnecting", "status.callReconnecting", "status.callDisconnecting",
		"diagnostics.open", "keys.waiting", "signin.progress", "call.hold.asking"} {
		if strings.HasPrefix(words, strings.TrimSuffix(strings.SplitN(text.T(key, text.D{"Number": "\x00", "Server": "\x00"}), "\x00", 2)[0], "…")) {
			return true
		}
	}
	return false
}

func (r *reader) fits(words string, need, size fyne.Size) {
	if need.Width > size.Width+slack || need.Height > size.Height+slack {
		r.complain(fmt.Sprintf("%q needs %v, and has %v", words, need, size))
	}
}

// add a text: it must not be cut at the sides, and not lie on another one.
func (r *reader) add(words string, at fyne.Position, letters fyne.Size, clip box, in fyne.CanvasObject) {
	if strings.TrimSpace(words) == "" || letters.Width <= 0 {
		return
	}
	w := written{words: words, at: at, size: letters, clip: clip, over: r.over, tile: r.tile, in: in}
	b := w.box()
	if b.left < clip.left-slack || b.right > clip.right+slack {
		r.complain(fmt.Sprintf("%q lies from %.0f to %.0f, and is seen from %.0f to %.0f", words, b.left, b.right, clip.left, clip.right))
	}
	r.texts = append(r.texts, w)
}

// overlapping texts, but for what lies over a picture or over the whole screen on purpose.
func (r *reader) overlapping() {
	for i, a := range r.texts {
		for _, b := range r.texts[i+1:] {
			if a.over != b.over || a.tile != b.tile {
				continue
			}
			m := a.box().meet(a.clip).meet(b.box()).meet(b.clip)
			if m.right-m.left > 1 && m.bottom-m.top > 2 {
				r.complain(fmt.Sprintf("%q and %q lie on each other", a.words, b.words))
			}
		}
	}
}

// TestNoTextIsCut measures every text of every screen against the room it is given, in both languages, at all sizes. Text
// of ours must be whole; only what people bring along may end in an ellipsis.
func TestNoTextIsCut(t *testing.T) {
	for _, s := range append(Samples(), More()...) {
		t.Run(s.Name, func(t *testing.T) {
			for i, size := range sizes {
				for _, lang := range text.Languages {
					switch {
					case s.Size != (fyne.Size{}) && i > 0:
						continue
					case s.Size != (fyne.Size{}):
						size = s.Size
					case i > 2 && lang == "en":
						continue // Russian words are longer; both are tried where it is narrowest
					}
					t.Run(fmt.Sprintf("%gx%g %s", size.Width, size.Height, lang), func(t *testing.T) { readAll(t, s, size, lang) })
				}
			}
		})
	}
}

func readAll(t *testing.T, s Sample, size fyne.Size, lang string) {
	t.Helper()
	st := stand(t, s, size, look.Light, lang)
	r := &reader{complain: func(what string) { t.Errorf("%gx%g %s: %s", size.Width, size.Height, lang, what) }}
	whole := box{0, 0, size.Width, size.Height}
	r.read(st.window.Content(), fyne.Position{}, whole)
	r.overlapping()
	for _, o := range st.window.Canvas().Overlays().List() {
		r.texts, r.over = nil, true
		r.read(o, fyne.Position{}, whole)
		r.overlapping()
	}
}

// TestNothingScrollsWhereNoneExpectsIt: in the usual window the first screens are seen whole, with a message above, too.
func TestNothingScrollsWhereNoneExpectsIt(t *testing.T) {
	size := fyne.NewSize(1024, 640)
	for _, s := range append(Samples(), More()...) {
		if !slices.Contains([]string{"welcome", "signin", "signin-guest", "signin-failed", "signin-no-keyring", "home", "home-demo",
			"home-failed", "home-contacts", "settings-call", "settings-appearance", "settings-start"}, s.Name) {
			continue
		}
		for _, lang := range text.Languages {
			t.Run(s.Name+" "+lang, func(t *testing.T) {
				Walk(stand(t, s, size, look.Light, lang).window, func(o fyne.CanvasObject) bool {
					page, ok := o.(*container.Scroll)
					if !ok {
						return false
					}
					if need := page.Content.MinSize().Height; need > page.Size().Height+slack {
						t.Errorf("%.0f of %.0f are seen", page.Size().Height, need)
					}
					return true
				})
			})
		}
	}
}

// TestTheButtonsOfADialogStayInSight: however low the window is, the buttons that end it are seen whole, and in a high one
// they are right below what they belong to.
func TestTheButtonsOfADialogStayInSight(t *testing.T) {
	ends := map[string][]string{"share-screens": {"share.do", "common.cancel"}, "share-windows": {"share.switch", "call.shareStop"},
		"share-region": {"share.do", "common.cancel"}, "before": {"before.join", "common.cancel"}, "ask-keys": {"common.close"},
		"ask-contact": {"common.cancel"}, "ask-close": {"call.close.stay"}, "ask-crash": {"crash.save"}}
	for _, s := range append(Samples(), More()...) {
		for _, size := range sizes {
			for _, lang := range text.Languages {
				if len(ends[s.Name]) == 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s %gx%g %s", s.Name, size.Width, size.Height, lang), func(t *testing.T) {
					st := stand(t, s, size, look.Light, lang)
					r := &reader{complain: func(string) {}}
					whole := box{0, 0, size.Width, size.Height}
					for _, o := range append(st.window.Canvas().Overlays().List(), st.window.Content()) {
						r.read(o, fyne.Position{}, whole)
					}
					for _, key := range ends[s.Name] {
						inSight(t, r.texts, text.T(key))
					}
				})
			}
		}
	}
}

func inSight(t *testing.T, texts []written, words string) {
	t.Helper()
	for _, w := range texts {
		b := w.box()
		if _, button := w.in.(*widget.Button); !button || w.words != words {
			continue
		}
		if b.top < w.clip.top || b.bottom > w.clip.bottom || b.left < w.clip.left || b.right > w.clip.right {
			t.Errorf("%q lies at %v, and is seen within %v", words, b, w.clip)
		}
		return
	}
	t.Errorf("there is no %q", words)
}

// In a high window the buttons before a call are right below the rest, not at the window's end.
func TestTheScreenBeforeACallKeepsTogether(t *testing.T) {
	sample := pickers()[0]
	st := stand(t, sample, fyne.NewSize(1920, 1080), look.Light, "en")
	r := &reader{complain: func(string) {}}
	r.read(st.window.Content(), fyne.Position{}, box{0, 0, 1920, 1080})
	at := func(words string) box {
		for _, w := range r.texts {
			if w.words == words {
				return w.box()
			}
		}
		t.Fatalf("%q is not seen", words)
		return box{}
	}
	first, last, join := at(text.T("before.title")), at(text.T("before.always")), at(text.T("before.join"))
	if join.top < last.top || join.top-last.bottom > 100 {
		t.Errorf("the buttons are at %v, the last line above at %v", join, last)
	}
	if above, below := first.top, 1080-join.bottom; above < 200 || above-below > 40 || below-above > 40 {
		t.Errorf("%v are left above, %v below", above, below)
	}
}
