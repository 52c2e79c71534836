//go:build !linux

package autoconnect

// SystemNetwork is this machine's network.
func SystemNetwork() Network { return polling{} }
