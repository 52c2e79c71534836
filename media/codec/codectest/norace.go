//go:build !race

package codectest

// Race tells whether the race detector is on, which allocates on its own.
const Race = false
