//go:build !linux

// Package malloc has nothing to do where the C library is not GNU's.
package malloc
