//go:build !windows

package schemes

// Register does nothing here: installing the program has done it.
func Register() error { return nil }
