// Package assets holds what ships inside the program: icons, sounds and translations.
package assets

import (
	"embed"

	"fyne.io/fyne/v2"
)

// Translations holds one JSON file a language in the folder "translations", in the format of go-i18n.
//
//go:embed translations
var Translations embed.FS

//go:embed icons
var icons embed.FS

//go:embed icon.png
var appIcon []byte

//go:embed icon.svg
var logo []byte

// Icon returns the SVG icon of that name (the file name without its ending). It panics when there is none: names are
// written in code, and a test draws them all.
func Icon(name string) fyne.Resource {
	content, err := icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(err)
	}
	return fyne.NewStaticResource(name+".svg", content)
}

// IconNames lists all icons.
func IconNames() []string {
	entries, err := icons.ReadDir("icons")
	if err != nil {
		panic(err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name()[:len(e.Name())-len(".svg")])
	}
	return names
}

// AppIcon is the program's icon (512 × 512 pixels).
func AppIcon() fyne.Resource { return fyne.NewStaticResource("parley.png", appIcon) }

// Logo is the program's icon as SVG.
func Logo() fyne.Resource { return fyne.NewStaticResource("parley.svg", logo) }
