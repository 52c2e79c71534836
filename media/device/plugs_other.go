//go:build !linux

package device

import (
	"slices"
	"time"
)

// plugsPoll is how often devices are looked for where the system is not asked to tell.
const plugsPoll = 5 * time.Second

func plugSources() []plugSource { return []plugSource{pollDevices} }

// pollDevices compares lists.
func pollDevices(sign func(), stop <-chan struct{}) {
	ticker := time.NewTicker(plugsPoll)
	defer ticker.Stop()
	last := allDevices()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		if now := allDevices(); !slices.Equal(now, last) {
			last = now
			sign()
		}
	}
}

func allDevices() []Info {
	return slices.Concat(Cameras(), Microphones(), Speakers())
}
