package look

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"parley/assets"
)

// Icon is one of our own icons in the theme's foreground colour.
func Icon(name string) fyne.Resource { return theme.NewThemedResource(assets.Icon(name)) }

// ColoredIcon is one of our own icons in a named colour.
func ColoredIcon(name string, c fyne.ThemeColorName) fyne.Resource {
	return theme.NewColoredResource(assets.Icon(name), c)
}
