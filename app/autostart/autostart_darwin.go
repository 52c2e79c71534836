package autostart

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
)

func entryPath() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, "Library", "LaunchAgents", identity+".plist"), nil
}

func enable(program string) error {
	path, err := entryPath()
	if err != nil {
		return err
	}
	var escaped strings.Builder
	if err := xml.EscapeText(&escaped, []byte(program)); err != nil {
		return err
	}
	return writeEntry(path, `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>Label</key><string>`+identity+`</string>
<key>ProgramArguments</key><array><string>`+escaped.String()+`</string></array>
<key>RunAtLoad</key><true/>
</dict></plist>
`)
}

func disable() error {
	path, err := entryPath()
	if err != nil {
		return err
	}
	return removeEntry(path)
}
