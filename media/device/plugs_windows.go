package device

import (
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// plugSources asks Windows to tell of devices. Another default for sound is no device that comes or goes: lists of sound
// devices are compared besides.
func plugSources() []plugSource { return []plugSource{watchInterfaces, pollDevices(soundOnly)} }

// interfaceNews hands what the system tells to everyone who listens. Go makes a few thousand callbacks in the life of a
// process and never takes one back: there is one.
var interfaceNews struct {
	mu        sync.Mutex
	call      uintptr
	listeners map[*func()]struct{}
}

// interfaceFilter is CM_NOTIFY_FILTER.
type interfaceFilter struct {
	Size, Flags, Kind, Reserved uint32
	_                           [400]byte // a class of devices; all are asked for
}

var (
	cfgmgr32               = windows.NewLazySystemDLL("cfgmgr32.dll")
	procRegisterInterfaces = cfgmgr32.NewProc("CM_Register_Notification")
	procForgetInterfaces   = cfgmgr32.NewProc("CM_Unregister_Notification")
)

// watchInterfaces waits for devices that come and go. Where the system does not tell (before Windows 8), cameras are
// looked for now and then.
func watchInterfaces(sign func(), stop <-chan struct{}) {
	const allInterfaces = 1 // CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES; the kind 0 is CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE
	if procRegisterInterfaces.Find() != nil || procForgetInterfaces.Find() != nil {
		pollDevices(camerasOnly)(sign, stop)
		return
	}
	filter := interfaceFilter{Flags: allInterfaces}
	filter.Size = uint32(unsafe.Sizeof(filter))
	call := hearInterfaces(&sign)
	defer deafen(&sign)
	var handle uintptr
	failed, _, _ := procRegisterInterfaces.Call(uintptr(unsafe.Pointer(&filter)), 0, call, uintptr(unsafe.Pointer(&handle)))
	if failed != 0 {
		pollDevices(camerasOnly)(sign, stop)
		return
	}
	<-stop
	_, _, _ = procForgetInterfaces.Call(handle) // waits for a callback that runs
}

// hearInterfaces has sign called from now on and returns what the system is to call.
func hearInterfaces(sign *func()) uintptr {
	interfaceNews.mu.Lock()
	defer interfaceNews.mu.Unlock()
	if interfaceNews.call == 0 {
		interfaceNews.listeners = map[*func()]struct{}{}
		interfaceNews.call = windows.NewCallback(func(_, _ uintptr, action uint32, _ uintptr, _ uint32) uintptr {
			const arrival, removal = 0, 1 // CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL, …REMOVAL
			if action != arrival && action != removal {
				return 0
			}
			interfaceNews.mu.Lock()
			defer interfaceNews.mu.Unlock()
			for listener := range interfaceNews.listeners {
				(*listener)()
			}
			return 0
		})
	}
	interfaceNews.listeners[sign] = struct{}{}
	return interfaceNews.call
}

func deafen(sign *func()) {
	interfaceNews.mu.Lock()
	defer interfaceNews.mu.Unlock()
	delete(interfaceNews.listeners, sign)
}
