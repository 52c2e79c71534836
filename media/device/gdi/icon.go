//go:build windows && (amd64 || arm64)

package gdi

import (
	"image"
	"image/color"
	"unsafe"
)

// maxIconSide bounds what is believed of another program's icon, pixels.
const maxIconSide = 256

// iconPatience bounds how long a window may think about its icon, milliseconds.
const iconPatience = 50

// icon of a window, or of its class; nil: it has none.
func icon(window uintptr) image.Image {
	const getIcon, big, abortIfHung = 0x7F, 1, 2 // WM_GETICON, ICON_BIG, SMTO_ABORTIFHUNG
	const classIcon = ^uintptr(13)               // GCLP_HICON is -14
	var handle uintptr
	_, _, _ = procSendMessageTimeout.Call(window, getIcon, big, 0, abortIfHung, iconPatience, uintptr(unsafe.Pointer(&handle)))
	if handle == 0 {
		handle, _, _ = procGetClassLongPtr.Call(window, classIcon)
	}
	if handle == 0 {
		return nil
	}
	var info iconInfo
	if done, _, _ := procGetIconInfo.Call(handle, uintptr(unsafe.Pointer(&info))); done == 0 {
		return nil
	}
	defer info.drop()
	colours, size := readBitmap(info.Colour)
	if colours == nil {
		return nil // black and white, of another time
	}
	if mask, maskSize := readBitmap(info.Mask); maskSize == size && !anyAlpha(colours) {
		addAlpha(colours, mask)
	}
	m := image.NewNRGBA(image.Rectangle{Max: size})
	for i := range size.X * size.Y {
		p := colours[4*i : 4*i+4]
		m.SetNRGBA(i%size.X, i/size.X, color.NRGBA{R: p[2], G: p[1], B: p[0], A: p[3]})
	}
	return m
}

// anyAlpha tells icons with transparency of their own from those with a mask.
func anyAlpha(pixels []byte) bool {
	for i := 3; i < len(pixels); i += 4 {
		if pixels[i] != 0 {
			return true
		}
	}
	return false
}

// addAlpha makes opaque what is black in the mask.
func addAlpha(pixels, mask []byte) {
	for i := 0; i+3 < len(pixels); i += 4 {
		if mask[i] == 0 {
			pixels[i+3] = 0xFF
		}
	}
}

// readBitmap copies a bitmap's pixels: B, G, R, alpha.
func readBitmap(handle uintptr) ([]byte, image.Point) {
	if handle == 0 {
		return nil, image.Point{}
	}
	dc, _, _ := procCreateCompatibleDC.Call(0)
	if dc == 0 {
		return nil, image.Point{}
	}
	defer func() { _, _, _ = procDeleteDC.Call(dc) }()
	// First only the size, into a header with room for a palette.
	var ask struct {
		bitmapInfo
		_ [256]uint32
	}
	ask.Size = uint32(unsafe.Sizeof(bitmapInfo{}))
	if done, _, _ := procGetDIBits.Call(dc, handle, 0, 0, 0, uintptr(unsafe.Pointer(&ask)), 0); done == 0 {
		return nil, image.Point{}
	}
	size := image.Pt(int(ask.Width), int(max(ask.Height, -ask.Height)))
	if size.X < 1 || size.Y < 1 || size.X > maxIconSide || size.Y > maxIconSide {
		return nil, image.Point{}
	}
	ask.bitmapInfo = header(size)
	pixels := make([]byte, size.X*size.Y*4)
	done, _, _ := procGetDIBits.Call(dc, handle, 0, uintptr(size.Y), uintptr(unsafe.Pointer(&pixels[0])), uintptr(unsafe.Pointer(&ask)), 0)
	if int(done) != size.Y {
		return nil, image.Point{}
	}
	return pixels, size
}
