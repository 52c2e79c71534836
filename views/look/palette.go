// Package look is Parley's own look: palette, sizes and icons as a Fyne theme (docs/design-language.md).
package look

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours of our own beside Fyne's names.
const (
	Surface       fyne.ThemeColorName = "parleySurface"       // cards above the background
	Muted         fyne.ThemeColorName = "parleyMuted"         // secondary text
	Stage         fyne.ThemeColorName = "parleyStage"         // behind video, in every variant
	StageBar      fyne.ThemeColorName = "parleyStageBar"      // bars over video
	StageTile     fyne.ThemeColorName = "parleyStageTile"     // a tile without a picture
	OnStage       fyne.ThemeColorName = "parleyOnStage"       // text and icons over video
	OnStageMuted  fyne.ThemeColorName = "parleyOnStageMuted"  // secondary text over video
	StageButton   fyne.ThemeColorName = "parleyStageButton"   // call bar button
	StageHover    fyne.ThemeColorName = "parleyStageHover"    // call bar button under the pointer
	StageOff      fyne.ThemeColorName = "parleyStageOff"      // microphone or camera off
	StageActive   fyne.ThemeColorName = "parleyStageActive"   // sharing
	StageOnActive fyne.ThemeColorName = "parleyStageOnActive" // text and icons on StageActive
	StageDisabled fyne.ThemeColorName = "parleyStageDisabled" // text and icons of what cannot be pressed
	HangUp        fyne.ThemeColorName = "parleyHangUp"        // hang up, decline
	Accept        fyne.ThemeColorName = "parleyAccept"        // accept a call
	OnStrong      fyne.ThemeColorName = "parleyOnStrong"      // text and icons on HangUp, Accept and StageOff
	Ring          fyne.ThemeColorName = "parleyRing"          // focus ring over video
	Avatar        fyne.ThemeColorName = "parleyAvatar"        // circle behind initials
	StageGood     fyne.ThemeColorName = "parleyStageGood"     // quality of the connection, over video
	StageFair     fyne.ThemeColorName = "parleyStageFair"
	StagePoor     fyne.ThemeColorName = "parleyStagePoor"
)

// Shade lies over what is left out of a choice, in every variant.
var Shade = rgba(0x0b1010, 0xa0)

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xff}
}

func rgba(v uint32, alpha uint8) color.NRGBA {
	c := rgb(v)
	c.A = alpha
	return c
}

// shared is the same in every variant: what lies over video.
var shared = map[fyne.ThemeColorName]color.NRGBA{
	Stage:         rgb(0x0b1010),
	StageBar:      rgb(0x161e1d),
	StageTile:     rgb(0x1a2423),
	OnStage:       rgb(0xeaf2f0),
	OnStageMuted:  rgb(0xa9bab6),
	StageButton:   rgb(0x2a3735),
	StageHover:    rgb(0x3a4a47),
	StageOff:      rgb(0x8c1d18),
	StageActive:   rgb(0x4fd1c5),
	StageOnActive: rgb(0x04211e),
	StageDisabled: rgb(0x8a9895),
	HangUp:        rgb(0xc62828),
	Accept:        rgb(0x1b7a43),
	OnStrong:      rgb(0xffffff),
	Ring:          rgb(0x4fd1c5),
	Avatar:        rgb(0x0a6e66),
	StageGood:     rgb(0x74d99f),
	StageFair:     rgb(0xf2b84b),
	StagePoor:     rgb(0xff9a91),
}

var light = map[fyne.ThemeColorName]color.NRGBA{
	theme.ColorNameBackground:                rgb(0xf3f6f5),
	Surface:                                  rgb(0xffffff),
	Muted:                                    rgb(0x52615e),
	theme.ColorNameForeground:                rgb(0x16211f),
	theme.ColorNameButton:                    rgb(0xe3eae8),
	theme.ColorNameDisabledButton:            rgb(0xe8edeb),
	theme.ColorNameDisabled:                  rgb(0x66736f),
	theme.ColorNamePlaceHolder:               rgb(0x5d6b68),
	theme.ColorNameInputBackground:           rgb(0xf6f9f8),
	theme.ColorNameInputBorder:               rgb(0x7f8f8b),
	theme.ColorNamePrimary:                   rgb(0x0a6e66),
	theme.ColorNameForegroundOnPrimary:       rgb(0xffffff),
	theme.ColorNameHyperlink:                 rgb(0x0a6e66),
	theme.ColorNameError:                     rgb(0xb3261e),
	theme.ColorNameForegroundOnError:         rgb(0xffffff),
	theme.ColorNameSuccess:                   rgb(0x1b6e3c),
	theme.ColorNameForegroundOnSuccess:       rgb(0xffffff),
	theme.ColorNameWarning:                   rgb(0x7d4b00),
	theme.ColorNameForegroundOnWarning:       rgb(0xffffff),
	theme.ColorNameFocus:                     rgba(0x0b1010, 0x50),
	theme.ColorNameHover:                     rgba(0x16211f, 0x12),
	theme.ColorNamePressed:                   rgba(0x16211f, 0x24),
	theme.ColorNameSelection:                 rgba(0x0a6e66, 0x40),
	theme.ColorNameSeparator:                 rgb(0xdbe2e0),
	theme.ColorNameShadow:                    rgba(0x0b1010, 0x30),
	theme.ColorNameScrollBar:                 rgba(0x16211f, 0x70),
	theme.ColorNameScrollBarBackground:       rgba(0x16211f, 0x10),
	theme.ColorNameMenuBackground:            rgb(0xffffff),
	theme.ColorNameOverlayBackground:         rgb(0xffffff),
	theme.ColorNameHeaderBackground:          rgb(0xffffff),
	theme.ColorNameInnerWindowBorder:         rgb(0xe3eae8),
	theme.ColorNameInnerWindowBorderInactive: rgb(0xeef2f1),
}

var dark = map[fyne.ThemeColorName]color.NRGBA{
	theme.ColorNameBackground:                rgb(0x101716),
	Surface:                                  rgb(0x182120),
	Muted:                                    rgb(0x9db0ac),
	theme.ColorNameForeground:                rgb(0xe7efed),
	theme.ColorNameButton:                    rgb(0x283432),
	theme.ColorNameDisabledButton:            rgb(0x202a29),
	theme.ColorNameDisabled:                  rgb(0x8a9895),
	theme.ColorNamePlaceHolder:               rgb(0x95a5a1),
	theme.ColorNameInputBackground:           rgb(0x1f2a29),
	theme.ColorNameInputBorder:               rgb(0x667774),
	theme.ColorNamePrimary:                   rgb(0x4fd1c5),
	theme.ColorNameForegroundOnPrimary:       rgb(0x04211e),
	theme.ColorNameHyperlink:                 rgb(0x4fd1c5),
	theme.ColorNameError:                     rgb(0xff9a91),
	theme.ColorNameForegroundOnError:         rgb(0x3a0906),
	theme.ColorNameSuccess:                   rgb(0x74d99f),
	theme.ColorNameForegroundOnSuccess:       rgb(0x06230f),
	theme.ColorNameWarning:                   rgb(0xf2b84b),
	theme.ColorNameForegroundOnWarning:       rgb(0x2b1a00),
	theme.ColorNameFocus:                     rgba(0xffffff, 0x40),
	theme.ColorNameHover:                     rgba(0xffffff, 0x14),
	theme.ColorNamePressed:                   rgba(0xffffff, 0x28),
	theme.ColorNameSelection:                 rgba(0x4fd1c5, 0x48),
	theme.ColorNameSeparator:                 rgb(0x2a3533),
	theme.ColorNameShadow:                    rgba(0x000000, 0x60),
	theme.ColorNameScrollBar:                 rgba(0xffffff, 0x70),
	theme.ColorNameScrollBarBackground:       rgba(0xffffff, 0x10),
	theme.ColorNameMenuBackground:            rgb(0x1f2a29),
	theme.ColorNameOverlayBackground:         rgb(0x1b2524),
	theme.ColorNameHeaderBackground:          rgb(0x182120),
	theme.ColorNameInnerWindowBorder:         rgb(0x283432),
	theme.ColorNameInnerWindowBorderInactive: rgb(0x202a29),
}
