//go:build !linux && !windows

package device

func plugSources() []plugSource {
	return []plugSource{pollDevices(camerasOnly), pollDevices(soundOnly)}
}
