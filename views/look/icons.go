package look

import (
	"bytes"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/assets"
)

// icon is one of our SVGs in a colour of the theme. Fyne's own coloured resources change fills only, and ours are drawn
// with strokes.
type icon struct {
	name  string
	color fyne.ThemeColorName
}

// Icon is one of our own icons in the theme's foreground colour.
func Icon(name string) fyne.Resource { return ColoredIcon(name, theme.ColorNameForeground) }

// ColoredIcon is one of our own icons in a named colour. It follows the theme when it is refreshed.
func ColoredIcon(name string, c fyne.ThemeColorName) fyne.Resource { return icon{name, c} }

func (i icon) hex() string {
	r, g, b, _ := theme.Color(i.color).RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// Name implements fyne.Resource. It holds the colour: Fyne keeps drawn icons by name.
func (i icon) Name() string { return i.name + i.hex() + ".svg" }

// Content implements fyne.Resource.
func (i icon) Content() []byte {
	return bytes.ReplaceAll(assets.Icon(i.name).Content(), []byte("#000000"), []byte(i.hex()))
}
