package device

import (
	"github.com/pion/mediadevices/pkg/driver"

	"parley/media/device/mf"
)

// findCameras asks Media Foundation. pion/mediadevices' driver for Windows is not taken: closing it while a picture comes
// ends the program, and it knows only uncompressed pictures, which most cameras deliver slowly.
func findCameras() []driver.Driver {
	var list []driver.Driver
	for _, c := range mf.List() {
		list = append(list, c)
	}
	return list
}
