//go:build !windows && !darwin

package autostart

import (
	"os"
	"path/filepath"
	"strings"
)

// entryPath is where desktops look (Desktop Application Autostart Specification).
func entryPath() (string, error) {
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(folder, "autostart", identity+".desktop"), nil
}

func enable(program string) error {
	path, err := entryPath()
	if err != nil {
		return err
	}
	return writeEntry(path, "[Desktop Entry]\nType=Application\nName=Parley\nExec="+quoteExec(program)+"\nTerminal=false\n")
}

func disable() error {
	path, err := entryPath()
	if err != nil {
		return err
	}
	return removeEntry(path)
}

// quoteExec writes a path as an argument of an Exec key (Desktop Entry Specification, "The Exec key"): quoted, with the
// reserved characters escaped for the quoting and again for the string.
func quoteExec(path string) string {
	quoted := strings.NewReplacer(`\`, `\\\\`, `"`, `\\"`, "`", "\\\\`", `$`, `\\$`, "%", "%%").Replace(path)
	return `"` + quoted + `"`
}
