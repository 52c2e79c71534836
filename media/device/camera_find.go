//go:build !windows

package device

import (
	"sync"

	"github.com/pion/mediadevices/pkg/driver"
	"github.com/pion/mediadevices/pkg/driver/camera"
)

// cameras guards the driver registry, which listing refills.
var cameras sync.Mutex

// findCameras asks pion/mediadevices' drivers.
func findCameras() []driver.Driver {
	cameras.Lock()
	defer cameras.Unlock()
	registry := driver.GetManager()
	for _, d := range registry.Query(driver.FilterDeviceType(driver.Camera)) {
		registry.Delete(d.ID()) // the Mac's driver would list what it knows once more
	}
	camera.Initialize()
	return registry.Query(driver.FilterDeviceType(driver.Camera))
}
