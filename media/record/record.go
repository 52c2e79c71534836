// Package record writes what a call receives into files: pictures as .y4m, sound as .wav.
//
// Recorders sit on the media path and never hold it up: what they are given waits in a bounded queue for one writing
// goroutine; when the disk is too slow, the newest is dropped and counted. Close writes what waits and completes the
// file. A file can be read up to its last second even when the process was killed.
package record

import (
	"fmt"
	"path/filepath"
	"strings"
)

// numbered names the n-th file of a recording: FILE.y4m, FILE-2.y4m, FILE-3.y4m.
func numbered(path string, n int) string {
	if n < 2 {
		return path
	}
	ext := filepath.Ext(path)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
}
