//go:build race

package peer

// raceDetector: sync.Pool drops items at random under the race detector, so allocations cannot be counted.
const raceDetector = true
