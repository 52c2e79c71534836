//go:build !linux

package device

import (
	"slices"
	"time"
)

// plugsPoll is how often devices are looked for where the system is not asked to tell.
const plugsPoll = 5 * time.Second

// pollDevices compares lists.
func pollDevices(list func() []Info) plugSource {
	return func(sign func(), stop <-chan struct{}) {
		ticker := time.NewTicker(plugsPoll)
		defer ticker.Stop()
		last := list()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
			}
			if now := list(); !slices.Equal(now, last) {
				last = now
				sign()
			}
		}
	}
}

func camerasOnly() []Info { return Cameras() }

func soundOnly() []Info { return slices.Concat(Microphones(), Speakers()) }
