package views

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"parley/views/look"
	"parley/views/widget"
)

// corner is where the own picture lies; the zero value is bottom right.
type corner struct{ left, top bool }

// name of the corner as it is kept.
func (c corner) name() string {
	name := "bottom"
	if c.top {
		name = "top"
	}
	if c.left {
		return name + "-left"
	}
	return name + "-right"
}

// cornerNamed is the corner of a kept name.
func cornerNamed(name string) corner {
	return corner{left: strings.HasSuffix(name, "left"), top: strings.HasPrefix(name, "top")}
}

// stageLayout places pictures, bars and banner of a call.
type stageLayout struct{ v *callView }

func (l *stageLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 240) }

func (l *stageLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	v := l.v
	objects[0].Resize(size)
	v.pointer.Resize(size)
	l.pictures(size)

	v.top.Resize(v.top.MinSize())
	v.top.Move(fyne.NewPos(look.Margin, look.Margin))
	bar := v.bar.MinSize()
	bar.Width = min(bar.Width, size.Width-16)
	v.bar.Resize(bar)
	v.bar.Move(fyne.NewPos((size.Width-bar.Width)/2, size.Height-bar.Height-12))

	l.notice(size)
	l.own(size, bar)
	l.panels(size, bar)
	pad := fyne.NewSize(228, v.keypad.MinSize().Height)
	v.keypad.Resize(pad)
	v.keypad.Move(fyne.NewPos((size.Width-pad.Width)/2, max(0, size.Height-bar.Height-24-pad.Height)))
}

// panels lie over the pictures: the figures below the top strip, the people at the right.
func (l *stageLayout) panels(size, bar fyne.Size) {
	v := l.v
	top := look.Margin + v.top.MinSize().Height + look.Gap
	if v.banner.Visible() {
		top += v.banner.Size().Height + look.Gap
	}
	height := size.Height - top - look.Margin
	if (size.Width-bar.Width)/2 < peopleWidth+look.Margin+look.Gap { // the bar is in the way
		height -= bar.Height + look.Gap
	}
	height = max(height, 0)
	f := v.figures.content.MinSize()
	v.figures.content.Resize(fyne.NewSize(min(f.Width, size.Width-2*look.Margin), f.Height))
	v.figures.content.Move(fyne.NewPos(look.Margin, top))
	w := min(peopleWidth, size.Width-2*look.Margin)
	v.people.content.Resize(fyne.NewSize(w, height))
	v.people.content.Move(fyne.NewPos(size.Width-w-look.Margin, top))
}

// notice lies below the top strip, in the middle.
func (l *stageLayout) notice(size fyne.Size) {
	b := l.v.banner
	w := b.Width(min(560, size.Width-2*look.Margin))
	b.Resize(fyne.NewSize(w, b.Size().Height))
	b.Resize(fyne.NewSize(w, b.MinSize().Height))
	b.Move(fyne.NewPos((size.Width-w)/2, look.Margin+l.v.top.MinSize().Height+look.Gap))
}

// own places the own picture in its corner, clear of the bar.
func (l *stageLayout) own(size, bar fyne.Size) {
	v := l.v
	w := min(max(size.Width*0.19, 128), 256)
	s := fyne.NewSize(w, w*9/16)
	x, y := size.Width-s.Width-look.Margin, size.Height-s.Height-look.Margin
	if v.people.content.Visible() && size.Width > 2*peopleWidth {
		x -= peopleWidth + look.Gap
	}
	c := v.choices.selfCorner
	if c.left {
		x = look.Margin
	}
	if c.top {
		y = look.Margin
		if c.left {
			y += v.top.MinSize().Height + look.Gap
		}
	} else if (size.Width-bar.Width)/2 < s.Width+look.Margin+look.Gap || x < (size.Width+bar.Width)/2 && x+s.Width > (size.Width-bar.Width)/2 {
		y -= bar.Height + look.Gap // the bar would cover it
	}
	v.self.Resize(s)
	v.self.Move(fyne.NewPos(x, y))
}

func place(t *widget.Tile, x, y, w, h float32) {
	t.Resize(fyne.NewSize(w, h))
	t.Move(fyne.NewPos(x, y))
}

func (l *stageLayout) pictures(size fyne.Size) {
	v := l.v
	w, h := size.Width, size.Height
	if !v.words.HasPresentation {
		place(v.main, 0, 0, w, h)
		place(v.presentation, 0, 0, 1, 1)
		return
	}
	large, small := v.main, v.presentation
	switch v.choices.layout {
	case LayoutSideBySide:
		if w >= h {
			place(v.presentation, 0, 0, w/2-2, h)
			place(v.main, w/2+2, 0, w/2-2, h)
		} else {
			h -= v.bar.MinSize().Height + 20
			place(v.presentation, 0, 0, w, h/2-2)
			place(v.main, 0, h/2+2, w, h/2-2)
		}
		return
	case LayoutPresentationFirst:
		large, small = v.presentation, v.main
	case LayoutPicture:
		// Upon the presentation, in the corner that title and own picture leave free.
		place(v.presentation, 0, 0, w, h)
		s := min(max(w*0.24, 128), 320)
		y := look.Margin
		if w < h {
			y += v.top.MinSize().Height + look.Gap
		}
		if c := v.choices.selfCorner; c.top && !c.left && !v.choices.selfHidden {
			y += v.self.Size().Height + look.Gap
		}
		place(v.main, w-s-look.Margin, y, s, s*9/16)
		return
	}
	// The small one has a strip of its own at the side (below, in a narrow window), so that it covers nothing.
	if w >= h {
		strip := min(max(w*0.22, 140), 320)
		place(large, 0, 0, w-strip-4, h)
		place(small, w-strip, look.Margin, strip, strip*9/16)
	} else {
		h -= l.v.bar.MinSize().Height + 20
		strip := h * 0.32
		place(large, 0, 0, w, h-strip-4)
		place(small, 0, h-strip, w, strip)
	}
}

// topLayout is the strip with title and status.
type topLayout struct{ v *callView }

func (l *topLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	w := l.v.title.MinSize().Width
	if s := l.v.status.MinSize().Width; s > 0 {
		w += s + 14
	}
	if l.v.quality.Visible() {
		w += l.v.quality.MinSize().Width + 14
	}
	return fyne.NewSize(w+32, 38)
}

func (l *topLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	x := float32(16)
	for _, t := range objects[1:] {
		if !t.Visible() {
			continue
		}
		m := t.MinSize()
		t.Resize(m)
		t.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
		x += m.Width + 14
	}
}

// barLayout places the bar's buttons in one row; a narrow window loses the captions, then the gaps.
type barLayout struct{ v *callView }

func (l *barLayout) buttons() []*widget.BarButton {
	v := l.v
	narrow := v.content != nil && v.content.Size().Width < captionless
	widget.SetVisible(v.layout, v.words.HasPresentation)
	widget.SetVisible(v.pad, !narrow) // it is under “more”, too
	all := []*widget.BarButton{v.microphone, v.camera, v.share, v.layout, v.crowd, v.pad, v.more, v.hangUp}
	return slices.DeleteFunc(all, func(b *widget.BarButton) bool { return !b.Visible() })
}

// captioned is the width from which captions fit.
const captioned = 700

// captionless is the width below which the bar leaves out the dial pad, too.
const captionless = 460

func (l *barLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	compact := l.v.content != nil && l.v.content.Size().Width > 0 && l.v.content.Size().Width < captioned
	var w, h float32
	for _, b := range l.buttons() {
		b.SetCompact(compact)
		m := b.MinSize()
		w += m.Width
		h = max(h, m.Height)
	}
	inner := float32(4)
	if compact {
		inner = 0
	}
	return fyne.NewSize(w+inner*float32(len(l.buttons())-1)+24, h+16)
}

func (l *barLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(size)
	var total float32
	buttons := l.buttons()
	for _, b := range buttons {
		total += b.MinSize().Width
	}
	inner := (size.Width - total - 16) / float32(len(buttons)-1)
	inner = min(inner, 6)
	x := (size.Width - total - inner*float32(len(buttons)-1)) / 2
	for _, b := range buttons {
		m := b.MinSize()
		b.Resize(m)
		b.Move(fyne.NewPos(x, (size.Height-m.Height)/2))
		x += m.Width + inner
	}
}
