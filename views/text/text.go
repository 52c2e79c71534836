// Package text gives the words of the window in the person's language, through Fyne's lang package.
//
// Keys and words are in assets/translations; the plural forms of a language are those of CLDR. T and N are for the
// window's goroutine, as everything that shows text is.
package text

import (
	"sync"

	"fyne.io/fyne/v2/lang"

	"parley/assets"
)

// Languages are the codes of the languages we have words for.
var Languages = []string{"en", "ru"}

// System is the code for "as the system has it".
const System = ""

var load = sync.OnceValue(func() error { return lang.AddTranslationsFS(assets.Translations, "translations") })

// Load makes the translations known in the system's language. It may be called often.
func Load() error { return load() }

// T returns the words of a key. data, one map or struct, fills the places like {{.Name}}.
func T(key string, data ...any) string {
	if key == "" {
		return "" // what has no caption has none in any language
	}
	_ = load()
	return lang.X(key, key, data...)
}

// N returns the words of a key in the plural form for count. data must hold what the words show, the count too.
func N(key string, count int, data ...any) string {
	_ = load()
	return lang.XN(key, key, count, data...)
}

// D is the data of T and N.
type D = map[string]any
