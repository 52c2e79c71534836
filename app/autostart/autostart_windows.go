package autostart

import (
	"errors"

	"golang.org/x/sys/windows/registry"
)

// runKey holds what Windows starts for the user who signs in.
const runKey = `Software\Microsoft\Windows\CurrentVersion\Run`

func enable(program string) (err error) {
	key, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, key.Close()) }()
	return key.SetStringValue(identity, `"`+program+`"`)
}

func disable() (err error) {
	key, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, key.Close()) }()
	if err := key.DeleteValue(identity); !errors.Is(err, registry.ErrNotExist) {
		return err
	}
	return nil
}
