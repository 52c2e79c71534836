package window

import (
	"parley/app/autostart"
	"parley/media/codec"
)

// orAutostart is set, or this system's own way where that is nil.
func orAutostart(set func(on bool) error) func(on bool) error {
	if set != nil {
		return set
	}
	return autostart.Set
}

// videoCodecs are the names of those that this build has, in the usual order.
func videoCodecs() []string {
	var names []string
	for _, a := range codec.VideoAdapters() {
		names = append(names, a.Name)
	}
	return names
}
