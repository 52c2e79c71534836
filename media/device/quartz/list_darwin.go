package quartz

import (
	"fmt"
	"image"
	"os"

	"parley/media/device/caption"
	"parley/media/device/screens"
)

// maxMonitors is how many are believed.
const maxMonitors = 16

// Sources lists monitors and windows. This process's own windows are left out. Errors: screens.ErrNoDesktop, ErrNoPermission.
func Sources() (screens.List, error) {
	if err := permitted(); err != nil {
		return screens.List{}, err
	}
	monitors, all := displays()
	if all.Empty() {
		return screens.List{}, screens.ErrNoDesktop
	}
	l := screens.List{Bounds: all.Sub(all.Min), Windows: windows()}
	for _, m := range monitors {
		m.Bounds = m.Bounds.Sub(all.Min)
		l.Monitors = append(l.Monitors, m)
	}
	return l, nil
}

// permitted asks the person once, in the system's own dialogue.
func permitted() error {
	if err := load(); err != nil {
		return fmt.Errorf("%w: %w", screens.ErrNoDesktop, err)
	}
	if cgPreflightScreenCaptureAccess == nil || cgPreflightScreenCaptureAccess() {
		return nil
	}
	if cgRequestScreenCaptureAccess != nil && cgRequestScreenCaptureAccess() {
		return nil
	}
	return ErrNoPermission
}

// displays are the monitors, with the main one's corner at 0, 0, and the rectangle around them.
func displays() ([]screens.Monitor, image.Rectangle) {
	var ids [maxMonitors]uint32
	var count uint32
	if cgGetActiveDisplayList(maxMonitors, &ids[0], &count) != 0 {
		return nil, image.Rectangle{}
	}
	var list []screens.Monitor
	var all image.Rectangle
	main := cgMainDisplayID()
	for i, id := range ids[:min(count, maxMonitors)] {
		bounds := cgDisplayBounds(id).image()
		list = append(list, screens.Monitor{Name: fmt.Sprintf("Display %d", i+1), Bounds: bounds, Primary: id == main})
		all = all.Union(bounds)
	}
	return list, all
}

func findMonitor(name string) (image.Rectangle, error) {
	monitors, _ := displays()
	for _, m := range monitors {
		if m.Name == name {
			return m.Bounds, nil
		}
	}
	return image.Rectangle{}, screens.ErrNoMonitor
}

// Options of the system's list of windows (CGWindowListOption).
const (
	onScreenOnly    = 1
	includingWindow = 8
	withoutDesktop  = 16
	ordinaryLayer   = 0 // above it lie menus, panels, the dock
)

func windows() []screens.Window {
	var list []screens.Window
	each(onScreenOnly|withoutDesktop, 0, func(info ref) bool {
		if w, ok := describe(info); ok {
			list = append(list, w)
		}
		return len(list) < screens.MaxWindows
	})
	return list
}

// each calls fn for the windows of a list until it returns false.
func each(options, window uint32, fn func(info ref) bool) {
	infos := cgWindowListCopyWindowInfo(options, window)
	if infos == 0 {
		return
	}
	defer cfRelease(infos)
	for i := range cfArrayGetCount(infos) {
		if !fn(cfArrayGetValueAtIndex(infos, i)) {
			return
		}
	}
}

// describe a window; false for our own and for those that nobody would share.
func describe(info ref) (screens.Window, bool) {
	if number(cfDictionaryGetValue(info, windowKeys.layer)) != ordinaryLayer ||
		number(cfDictionaryGetValue(info, windowKeys.owner)) == os.Getpid() {
		return screens.Window{}, false
	}
	bounds := boundsOf(info)
	w := screens.Window{ID: uint32(number(cfDictionaryGetValue(info, windowKeys.number))),
		Title:   caption.Clean(text(cfDictionaryGetValue(info, windowKeys.name))),
		Program: caption.Clean(text(cfDictionaryGetValue(info, windowKeys.ownerName))),
		Width:   bounds.Dx(), Height: bounds.Dy()}
	if w.Title == "" {
		w.Title = w.Program
	}
	return w, w.ID != 0 && w.Title != "" && w.Width >= screens.Smallest && w.Height >= screens.Smallest
}

func boundsOf(info ref) image.Rectangle {
	var bounds rect
	if dictionary := cfDictionaryGetValue(info, windowKeys.bounds); dictionary == 0 || !cgRectMakeWithDictionary(dictionary, &bounds) {
		return image.Rectangle{}
	}
	return bounds.image()
}
