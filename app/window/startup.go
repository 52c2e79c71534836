package window

import "parley/app/autostart"

// orAutostart is set, or this system's own way where that is nil.
func orAutostart(set func(on bool) error) func(on bool) error {
	if set != nil {
		return set
	}
	return autostart.Set
}
