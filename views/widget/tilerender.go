package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"parley/views/look"
)

// tileRenderer lays out a tile. From back to front: field, initials, picture, plate with icon and name.
type tileRenderer struct {
	tile     *Tile
	field    *canvas.Rectangle
	avatar   *canvas.Circle
	initials *canvas.Text
	hint     *canvas.Text
	picture  fyne.CanvasObject
	plate    *canvas.Rectangle
	icon     *canvas.Image
	name     *canvas.Text

	shownIcon string
}

const (
	plateText  float32 = 12
	plateInset float32 = 10
)

func (r *tileRenderer) Destroy()           {}
func (r *tileRenderer) MinSize() fyne.Size { return fyne.NewSize(48, 32) }

func (r *tileRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.field, r.avatar, r.initials, r.hint, r.picture, r.plate, r.icon, r.name}
}

func (r *tileRenderer) setPicture(o fyne.CanvasObject) {
	r.picture = o
	r.tile.mu.Lock()
	r.placePicture(r.tile.Size())
	r.tile.mu.Unlock()
}

func (r *tileRenderer) Layout(size fyne.Size) {
	r.field.Resize(size)
	r.tile.mu.Lock()
	r.measure(size)
	r.placePicture(size)
	r.tile.mu.Unlock()
	r.placeInitials(size)
	r.placePlate(size)
}

// measure keeps the tile's size in pixels for Prepare.
func (r *tileRenderer) measure(size fyne.Size) {
	w, h := int(size.Width+0.5), int(size.Height+0.5)
	if c := fyne.CurrentApp().Driver().CanvasForObject(r.tile); c != nil {
		w, h = c.PixelCoordinateForPosition(fyne.NewPos(size.Width, size.Height))
	}
	r.tile.pixelW, r.tile.pixelH = w, h
}

// placePicture centres the picture with its own ratio.
func (r *tileRenderer) placePicture(size fyne.Size) {
	fw, fh := float32(r.tile.frameW), float32(r.tile.frameH)
	w, h := size.Width, size.Height
	if fw > 0 && fh > 0 {
		if w*fh > h*fw {
			w = h * fw / fh
		} else {
			h = w * fh / fw
		}
	}
	r.picture.Resize(fyne.NewSize(w, h))
	r.picture.Move(fyne.NewPos((size.Width-w)/2, (size.Height-h)/2))
}

func (r *tileRenderer) placeInitials(size fyne.Size) {
	d := min(size.Width, size.Height) * 0.42
	d = max(min(d, 120), 28)
	r.avatar.Resize(fyne.NewSize(d, d))
	y := (size.Height - d) / 2
	if r.tile.label.Hint != "" && size.Height > 140 {
		y -= 16
	}
	if !r.plate.Hidden && y+d > size.Height-32 {
		y = max(4, size.Height-34-d)
	}
	r.avatar.Move(fyne.NewPos((size.Width-d)/2, y))
	r.initials.TextSize = d * 0.4
	m := r.initials.MinSize()
	r.initials.Resize(fyne.NewSize(size.Width, m.Height))
	r.initials.Move(fyne.NewPos(0, y+(d-m.Height)/2))
	r.hint.Text, r.hint.TextSize = fittingHint(r.tile.label.Hint, size.Width-16)
	r.hint.Resize(fyne.NewSize(size.Width, 22))
	r.hint.Move(fyne.NewPos(0, y+d+12))
}

// Sizes of a hint.
const (
	hintText  float32 = 14
	hintSmall float32 = 11
)

// fittingHint writes a hint smaller where there is little room, and leaves it out where there is less: a part of it would
// say nothing.
func fittingHint(words string, room float32) (string, float32) {
	for _, size := range []float32{hintText, hintSmall} {
		if fyne.MeasureText(words, size, fyne.TextStyle{}).Width <= room {
			return words, size
		}
	}
	return "", hintSmall
}

func (r *tileRenderer) placePlate(size fyne.Size) {
	l := r.tile.label
	left := plateInset
	if l.Icon != "" {
		left += 18
	}
	r.name.TextSize = plateText
	r.name.Text = Shorten(l.Name, plateText, size.Width-24-left, fyne.TextStyle{})
	w := fyne.MeasureText(r.name.Text, plateText, fyne.TextStyle{}).Width
	plate := fyne.NewSize(left+w+plateInset, 24)
	at := fyne.NewPos(8, size.Height-plate.Height-8)
	r.plate.Resize(plate)
	r.plate.Move(at)
	r.icon.Resize(fyne.NewSize(14, 14))
	r.icon.Move(at.AddXY(plateInset-2, 5))
	m := r.name.MinSize()
	r.name.Resize(m)
	r.name.Move(at.AddXY(left, (plate.Height-m.Height)/2))
}

func (r *tileRenderer) apply() {
	t := r.tile
	l := t.label
	has := t.frameW > 0
	r.field.FillColor = colorOf(t, look.StageTile)
	if has && !l.Rounded {
		r.field.FillColor = colorOf(t, look.Stage)
	}
	r.field.CornerRadius = 0
	if l.Rounded {
		r.field.CornerRadius = look.Radius
		if img, ok := r.picture.(*canvas.Image); ok {
			img.CornerRadius = look.Radius
		}
	}
	r.avatar.FillColor = colorOf(t, look.Avatar)
	r.initials.Color = colorOf(t, look.OnStrong)
	r.initials.Text = Initials(l.Person)
	r.hint.Color = colorOf(t, look.OnStageMuted)
	r.plate.FillColor = colorOf(t, look.StageBar)
	r.name.Color = colorOf(t, look.OnStage)

	r.avatar.Hidden = has || r.initials.Text == ""
	r.initials.Hidden = r.avatar.Hidden
	r.hint.Hidden = has || l.Hint == ""
	r.plate.Hidden = l.Name == "" || l.Centered
	r.name.Hidden = r.plate.Hidden
	r.icon.Hidden = r.plate.Hidden || l.Icon == ""
	if l.Icon != "" && l.Icon != r.shownIcon {
		r.shownIcon = l.Icon
		r.icon.Resource = look.ColoredIcon(l.Icon, look.OnStage)
		r.icon.Image = nil
		r.icon.Refresh()
	}
	if _, ok := r.picture.(*canvas.Image); ok {
		setVisible(r.picture, has)
	}
}

func (r *tileRenderer) Refresh() {
	r.apply()
	r.Layout(r.tile.Size())
	canvas.Refresh(r.tile)
}
