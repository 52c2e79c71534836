// Package caption makes what other programs call their windows fit to be shown.
package caption

import "strings"

// maxLength of a title, runes.
const maxLength = 200

// Clean makes one line of readable text of valid UTF-8 that another program says.
func Clean(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7F }), " ")
	if runes := []rune(s); len(runes) > maxLength {
		s = string(runes[:maxLength-1]) + "…"
	}
	return s
}
