package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Mode is which variant a person chose.
type Mode string

// The modes.
const (
	System Mode = "system"
	Light  Mode = "light"
	Dark   Mode = "dark"
)

// Sizes of our own, in device independent pixels.
const (
	Gap       float32 = 8  // between related things
	Margin    float32 = 16 // between groups, and at edges
	Space     float32 = 24 // between blocks
	Radius    float32 = 10 // buttons, fields
	CardRound float32 = 16 // cards, bars
	Column    float32 = 420
)

// Theme is Parley's Fyne theme.
type Theme struct{ mode Mode }

// New returns the theme in a mode; an unknown mode follows the system.
func New(mode Mode) *Theme { return &Theme{mode: mode} }

// Mode of the theme.
func (t *Theme) Mode() Mode { return t.mode }

func (t *Theme) variant(v fyne.ThemeVariant) fyne.ThemeVariant {
	switch t.mode {
	case Light:
		return theme.VariantLight
	case Dark:
		return theme.VariantDark
	}
	return v
}

// Color implements fyne.Theme.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	v = t.variant(v)
	if c, ok := shared[name]; ok {
		return c
	}
	set := light
	if v == theme.VariantDark {
		set = dark
	}
	if c, ok := set[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, v)
}

// Font implements fyne.Theme. Fyne's own font has Latin and Cyrillic letters.
func (t *Theme) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

// Icon implements fyne.Theme.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }

// Size implements fyne.Theme.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameText:
		return 14
	case theme.SizeNameCaptionText:
		return 12
	case theme.SizeNameSubHeadingText:
		return 18
	case theme.SizeNameHeadingText:
		return 26
	case theme.SizeNamePadding:
		return 6
	case theme.SizeNameInnerPadding:
		return 10
	case theme.SizeNameInlineIcon:
		return 20
	case theme.SizeNameInputRadius, theme.SizeNameButtonRadius, theme.SizeNameSelectionRadius:
		return Radius
	case theme.SizeNameCardRadius, theme.SizeNameDialogRadius, theme.SizeNamePopupRadius, theme.SizeNameMenuRadius:
		return CardRound
	}
	return theme.DefaultTheme().Size(name)
}
