//go:build !unix

package instance

import "path/filepath"

// usual is the kind that systemDoor makes.
const usual = "port"

func doorsIn(folder string) map[string]func() door {
	return map[string]func() door{
		"port": func() door { return &portDoor{file: filepath.Join(folder, "instance.json")} },
	}
}
