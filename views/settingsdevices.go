package views

import (
	"sync"
	"time"

	"fyne.io/fyne/v2"
)

// buildDevices: what is seen and heard with, tried on the spot.
func (v *settingsView) buildDevices() fyne.CanvasObject {
	p := newDevicePanel(v.env, func() Settings { return v.settings }, v.change)
	p.under = v.under
	p.failed = v.tell
	v.devices = p
	return section("settings.devices", p.rows(true, true)...)
}

// look opens the devices of the page that is shown.
func (v *settingsView) look() {
	if v.devices != nil {
		v.devices.start()
	}
}

// stop gives the devices back.
func (v *settingsView) stop() {
	if v.devices != nil {
		v.devices.stop(nil)
		v.devices = nil
	}
	if v.ice != nil {
		v.ice.settle()
		v.ice = nil
	}
}

// settleTime is how long the window's end waits for the keyring, which may ask a person to unlock it.
const settleTime = 3 * time.Second

// Settle gives the keyring what is typed in the settings, for the window closes; then follows. Settings that were left a moment
// ago may have asked it something, too.
func (r *Root) Settle(then func()) {
	if r.options != nil {
		r.options.stop()
	}
	asked := r.env.asked
	if asked == nil {
		then()
		return
	}
	then = sync.OnceFunc(then)
	late := r.env.after(settleTime, then)
	go func() {
		<-asked
		r.env.Do(func() {
			late()
			then()
		})
	}()
}
