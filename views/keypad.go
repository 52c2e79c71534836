package views

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"parley/views/widget"
)

// newKeypad is the twelve keys of a telephone.
func newKeypad(pressed func(key string)) fyne.CanvasObject {
	grid := container.NewGridWithColumns(3)
	for _, k := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"} {
		grid.Add(widget.NewButton(k, nil, func() { pressed(k) }))
	}
	return grid
}
