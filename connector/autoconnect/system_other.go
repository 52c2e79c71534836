//go:build !linux && !darwin && !windows

package autoconnect

// SystemNetwork is this machine's network.
func SystemNetwork() Network { return polling{} }
