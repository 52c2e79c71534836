package quartz

import (
	"fmt"
	"image"
	"math"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ref is a reference to an object of CoreFoundation or CoreGraphics; 0 is none.
type ref uintptr

// rect is CGRect, in points.
type rect struct{ X, Y, Width, Height float64 }

// point is CGPoint.
type point struct{ X, Y float64 }

func (r rect) image() image.Rectangle {
	return image.Rect(int(math.Round(r.X)), int(math.Round(r.Y)), int(math.Round(r.X+r.Width)), int(math.Round(r.Y+r.Height)))
}

func fromImage(r image.Rectangle) rect {
	return rect{float64(r.Min.X), float64(r.Min.Y), float64(r.Dx()), float64(r.Dy())}
}

// The functions of CoreFoundation and CoreGraphics, by their names there.
var (
	cfRelease              func(ref)
	cfArrayGetCount        func(ref) int
	cfArrayGetValueAtIndex func(ref, int) ref
	cfDictionaryGetValue   func(ref, ref) ref
	cfNumberGetValue       func(number ref, kind int, value unsafe.Pointer) bool
	cfStringGetCString     func(text ref, buffer *byte, size int, encoding uint32) bool

	cgGetActiveDisplayList      func(most uint32, displays *uint32, count *uint32) int32
	cgMainDisplayID             func() uint32
	cgDisplayBounds             func(display uint32) rect
	cgWindowListCopyWindowInfo  func(options, window uint32) ref
	cgWindowListCreateImage     func(bounds rect, options, window, image uint32) ref
	cgRectMakeWithDictionary    func(dictionary ref, r *rect) bool
	cgImageGetWidth             func(ref) int
	cgImageGetHeight            func(ref) int
	cgColorSpaceCreateDeviceRGB func() ref
	cgBitmapContextCreate       func(data unsafe.Pointer, width, height, bits, row int, space ref, info uint32) ref
	cgBitmapContextGetData      func(ref) unsafe.Pointer
	cgContextClearRect          func(context ref, at rect)
	cgContextDrawImage          func(context ref, at rect, image ref)
	cgEventCreate               func(source ref) ref
	cgEventGetLocation          func(event ref) point

	// nil before macOS 10.15, which asked nobody.
	cgPreflightScreenCaptureAccess func() bool
	cgRequestScreenCaptureAccess   func() bool
)

// windowKeys name what is told of a window.
var windowKeys struct{ number, owner, ownerName, name, layer, bounds, onScreen ref }

// load finds the frameworks once.
var load = sync.OnceValue(func() (err error) {
	defer func() {
		if missing := recover(); missing != nil { // a function that this system does not have
			err = fmt.Errorf("quartz: %v", missing)
		}
	}()
	foundation, err := framework("CoreFoundation")
	if err != nil {
		return err
	}
	graphics, err := framework("CoreGraphics")
	if err != nil {
		return err
	}
	for name, function := range map[string]any{"CFRelease": &cfRelease, "CFArrayGetCount": &cfArrayGetCount,
		"CFArrayGetValueAtIndex": &cfArrayGetValueAtIndex, "CFDictionaryGetValue": &cfDictionaryGetValue,
		"CFNumberGetValue": &cfNumberGetValue, "CFStringGetCString": &cfStringGetCString} {
		purego.RegisterLibFunc(function, foundation, name)
	}
	for name, function := range map[string]any{"CGGetActiveDisplayList": &cgGetActiveDisplayList, "CGMainDisplayID": &cgMainDisplayID,
		"CGDisplayBounds": &cgDisplayBounds, "CGWindowListCopyWindowInfo": &cgWindowListCopyWindowInfo,
		"CGWindowListCreateImage": &cgWindowListCreateImage, "CGRectMakeWithDictionaryRepresentation": &cgRectMakeWithDictionary,
		"CGImageGetWidth": &cgImageGetWidth, "CGImageGetHeight": &cgImageGetHeight,
		"CGColorSpaceCreateDeviceRGB": &cgColorSpaceCreateDeviceRGB, "CGBitmapContextCreate": &cgBitmapContextCreate,
		"CGBitmapContextGetData": &cgBitmapContextGetData, "CGContextClearRect": &cgContextClearRect, "CGContextDrawImage": &cgContextDrawImage,
		"CGEventCreate": &cgEventCreate, "CGEventGetLocation": &cgEventGetLocation} {
		purego.RegisterLibFunc(function, graphics, name)
	}
	for name, function := range map[string]any{"CGPreflightScreenCaptureAccess": &cgPreflightScreenCaptureAccess,
		"CGRequestScreenCaptureAccess": &cgRequestScreenCaptureAccess} {
		if _, err := purego.Dlsym(graphics, name); err == nil {
			purego.RegisterLibFunc(function, graphics, name)
		}
	}
	for name, key := range map[string]*ref{"kCGWindowNumber": &windowKeys.number, "kCGWindowOwnerPID": &windowKeys.owner,
		"kCGWindowOwnerName": &windowKeys.ownerName, "kCGWindowName": &windowKeys.name, "kCGWindowLayer": &windowKeys.layer,
		"kCGWindowBounds": &windowKeys.bounds, "kCGWindowIsOnscreen": &windowKeys.onScreen} {
		if *key, err = constant(graphics, name); err != nil {
			return err
		}
	}
	return nil
})

func framework(name string) (uintptr, error) {
	handle, err := purego.Dlopen("/System/Library/Frameworks/"+name+".framework/"+name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return 0, fmt.Errorf("quartz: %w", err)
	}
	return handle, nil
}

// constant reads a variable of a framework that holds a reference.
func constant(library uintptr, name string) (ref, error) {
	address, err := purego.Dlsym(library, name)
	if err != nil {
		return 0, fmt.Errorf("quartz: %w", err)
	}
	return **(**ref)(unsafe.Pointer(&address)), nil
}

// text of a CFString; "" for none.
func text(s ref) string {
	const utf8 = 0x08000100 // kCFStringEncodingUTF8
	var buffer [1024]byte
	if s == 0 || !cfStringGetCString(s, &buffer[0], len(buffer), utf8) {
		return ""
	}
	for i, c := range buffer {
		if c == 0 {
			return string(buffer[:i])
		}
	}
	return ""
}

// number of a CFNumber or CFBoolean; 0 for none.
func number(n ref) int {
	const int64Kind = 4 // kCFNumberSInt64Type
	var v int64
	if n == 0 || !cfNumberGetValue(n, int64Kind, unsafe.Pointer(&v)) {
		return 0
	}
	return int(v)
}
