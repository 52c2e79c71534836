package look

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"parley/assets"
)

// luminance is WCAG 2.1's relative luminance.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		f := float64(v) / 65535
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

func TestTextIsReadableOnItsBackground(t *testing.T) {
	pairs := [][2]fyne.ThemeColorName{
		{theme.ColorNameForeground, theme.ColorNameBackground}, {theme.ColorNameForeground, Surface},
		{theme.ColorNameForeground, theme.ColorNameButton}, {theme.ColorNameForeground, theme.ColorNameInputBackground},
		{theme.ColorNameForeground, theme.ColorNameOverlayBackground}, {theme.ColorNameForeground, theme.ColorNameMenuBackground},
		{theme.ColorNameDisabled, theme.ColorNameBackground}, {theme.ColorNameDisabled, Surface},
		{Muted, theme.ColorNameBackground}, {Muted, Surface}, {Muted, theme.ColorNameOverlayBackground},
		{theme.ColorNamePlaceHolder, theme.ColorNameInputBackground}, {theme.ColorNamePlaceHolder, theme.ColorNameBackground},
		{theme.ColorNamePrimary, theme.ColorNameBackground}, {theme.ColorNamePrimary, Surface},
		{theme.ColorNameForegroundOnPrimary, theme.ColorNamePrimary},
		{theme.ColorNameError, theme.ColorNameBackground}, {theme.ColorNameError, Surface},
		{theme.ColorNameForegroundOnError, theme.ColorNameError},
		{theme.ColorNameSuccess, theme.ColorNameBackground}, {theme.ColorNameSuccess, Surface},
		{theme.ColorNameWarning, theme.ColorNameBackground}, {theme.ColorNameWarning, Surface},
		{theme.ColorNameHyperlink, theme.ColorNameBackground},
		{OnStage, Stage}, {OnStage, StageBar}, {OnStage, StageTile}, {StageGood, StageBar}, {StageFair, StageBar}, {StagePoor, StageBar}, {OnStage, StageButton}, {OnStage, StageHover},
		{OnStageMuted, Stage}, {OnStageMuted, StageBar}, {OnStageMuted, StageTile},
		{OnStrong, StageOff}, {OnStrong, HangUp}, {OnStrong, Accept}, {OnStrong, Avatar},
		{StageOnActive, StageActive},
	}
	for _, mode := range []Mode{Light, Dark} {
		th := New(mode)
		for _, p := range pairs {
			c := contrast(th.Color(p[0], theme.VariantLight), th.Color(p[1], theme.VariantLight))
			if c < 4.5 {
				t.Errorf("%s: %s on %s has contrast %.2f, want at least 4.5", mode, p[0], p[1], c)
			}
		}
	}
}

// over blends a translucent colour over an opaque one, as buttons do with the focus.
func over(a, b color.Color) color.Color {
	r, g, bl, alpha := a.RGBA() // premultiplied
	br, bg, bb, _ := b.RGBA()
	mix := func(x, y uint32) uint16 { return uint16(x + y*(0xffff-alpha)/0xffff) }
	return color.RGBA64{R: mix(r, br), G: mix(g, bg), B: mix(bl, bb), A: 0xffff}
}

func TestFocusIsVisibleAndItsTextReadable(t *testing.T) {
	for _, mode := range []Mode{Light, Dark} {
		th := New(mode)
		c := func(n fyne.ThemeColorName) color.Color { return th.Color(n, theme.VariantLight) }
		for field, text := range map[fyne.ThemeColorName]fyne.ThemeColorName{
			theme.ColorNameButton: theme.ColorNameForeground, theme.ColorNamePrimary: theme.ColorNameForegroundOnPrimary,
		} {
			focused := over(c(theme.ColorNameFocus), c(field))
			if got := contrast(c(text), focused); got < 4.5 {
				t.Errorf("%s: %s on focused %s has contrast %.2f", mode, text, field, got)
			}
			if got := contrast(c(field), focused); got < 1.15 {
				t.Errorf("%s: focus on %s has contrast %.2f to no focus", mode, field, got)
			}
		}
	}
}

func TestModeFollowsTheSystemOrNot(t *testing.T) {
	of := func(m Mode, v fyne.ThemeVariant) color.Color { return New(m).Color(theme.ColorNameBackground, v) }
	if of(System, theme.VariantLight) == of(System, theme.VariantDark) {
		t.Error("the system mode does not follow the variant")
	}
	if of(Light, theme.VariantDark) != of(System, theme.VariantLight) || of(Dark, theme.VariantLight) != of(System, theme.VariantDark) {
		t.Error("a fixed mode follows the system")
	}
}

// Each icon must decode and leave ink inside its box: a path the decoder does not understand draws nothing.
func TestEveryIconDraws(t *testing.T) {
	test.NewTempApp(t)
	names := assets.IconNames()
	if len(names) < 20 {
		t.Fatalf("only %d icons embedded", len(names))
	}
	for _, name := range names {
		img := canvas.NewImageFromResource(assets.Icon(name))
		img.Resize(fyne.NewSize(48, 48))
		c := software.NewTransparentCanvas()
		c.SetPadded(false)
		c.SetContent(img)
		c.Resize(fyne.NewSize(48, 48))
		out := c.Capture()
		ink := 0
		for y := 0; y < out.Bounds().Dy(); y++ {
			for x := 0; x < out.Bounds().Dx(); x++ {
				if _, _, _, a := out.At(x, y).RGBA(); a > 0x8000 {
					ink++
				}
			}
		}
		if ink < 60 {
			t.Errorf("icon %s has only %d dark pixels", name, ink)
		}
	}
}
