package text

import (
	"slices"

	"fyne.io/fyne/v2/lang"
	"golang.org/x/text/language"

	_ "unsafe" // for go:linkname
)

// setupLang is Fyne's own switch. Fyne exports none: it reads the system's language once, from the environment, the
// registry or the defaults database, and only the first could be changed from here (docs/decisions/070-language.md).
// A Fyne without this function fails to link, which is found when the version is raised.
//
//go:linkname setupLang fyne.io/fyne/v2/lang.setupLang
func setupLang(code string)

var current = System

// Use switches to a language; System and codes we have no words for follow the system. What is shown already has to be
// made anew by the caller.
func Use(code string) {
	_ = load()
	current = System
	if slices.Contains(Languages, code) {
		current = code
	}
	if current == System {
		setupLang(systemLanguage())
		return
	}
	setupLang(current)
}

// Current is the chosen language, System when it follows the system.
func Current() string { return current }

// Spoken is the language in which words come now: the chosen one, or what we have for the system's.
func Spoken() string {
	if current != System {
		return current
	}
	return systemLanguage()
}

func systemLanguage() string {
	tags := make([]language.Tag, len(Languages))
	for i, l := range Languages {
		tags[i] = language.Make(l)
	}
	_, i, confidence := language.NewMatcher(tags).Match(language.Make(lang.SystemLocale().LanguageString()))
	if confidence == language.No {
		return Languages[0]
	}
	return Languages[i]
}
