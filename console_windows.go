package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// The program is one with windows, so that no console opens with it. Started from a console it speaks there; where its
// output goes into a file or another program, it goes there as everywhere.
func init() {
	missing := false
	for _, id := range []uint32{windows.STD_OUTPUT_HANDLE, windows.STD_ERROR_HANDLE} {
		handle, err := windows.GetStdHandle(id)
		missing = missing || err != nil || handle == 0 || handle == windows.InvalidHandle
	}
	if !missing {
		return
	}
	const parent = ^uintptr(0) // ATTACH_PARENT_PROCESS is -1
	attach := windows.NewLazySystemDLL("kernel32.dll").NewProc("AttachConsole")
	if done, _, _ := attach.Call(parent); done == 0 {
		return // started by a click
	}
	console, err := os.OpenFile("CONOUT$", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	for id, stream := range map[uint32]**os.File{windows.STD_OUTPUT_HANDLE: &os.Stdout, windows.STD_ERROR_HANDLE: &os.Stderr} {
		if handle, err := windows.GetStdHandle(id); err != nil || handle == 0 || handle == windows.InvalidHandle {
			*stream = console
			_ = windows.SetStdHandle(id, windows.Handle(console.Fd()))
		}
	}
}
