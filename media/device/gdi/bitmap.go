//go:build windows && (amd64 || arm64)

package gdi

import (
	"fmt"
	"image"
	"unsafe"
)

// bitmapInfo is BITMAPINFOHEADER of a picture without a palette.
type bitmapInfo struct {
	Size                         uint32
	Width, Height                int32 // a negative height: the first row is the uppermost
	Planes, BitCount             uint16
	Compression, SizeImage       uint32
	XPerMeter, YPerMeter         int32
	ColorsUsed, ColorsImportant_ uint32
}

// header describes 4 bytes a pixel, B, G, R and one unused, from the top.
func header(size image.Point) bitmapInfo {
	return bitmapInfo{Size: uint32(unsafe.Sizeof(bitmapInfo{})), Width: int32(size.X), Height: -int32(size.Y), Planes: 1, BitCount: 32}
}

// bitmap is memory that GDI draws into and we read.
type bitmap struct {
	dc, handle, before uintptr
	size               image.Point
	pixels             []byte // the system's memory
}

// fit makes the bitmap have a size. What it shows is lost when that changes.
func (b *bitmap) fit(size image.Point) error {
	if b.size == size && b.dc != 0 {
		return nil
	}
	b.close()
	dc, _, err := procCreateCompatibleDC.Call(0)
	if dc == 0 {
		return fmt.Errorf("gdi: make a device context: %w", err)
	}
	info := header(size)
	var bits unsafe.Pointer
	handle, _, err := procCreateDIBSection.Call(dc, uintptr(unsafe.Pointer(&info)), 0, uintptr(unsafe.Pointer(&bits)), 0, 0)
	if handle == 0 || bits == nil {
		_, _, _ = procDeleteDC.Call(dc)
		return fmt.Errorf("gdi: memory for a picture of %v: %w", size, err)
	}
	before, _, _ := procSelectObject.Call(dc, handle)
	*b = bitmap{dc: dc, handle: handle, before: before, size: size, pixels: unsafe.Slice((*byte)(bits), size.X*size.Y*4)}
	return nil
}

// flush waits until what was drawn is in the memory.
func (b *bitmap) flush() { _, _, _ = procGdiFlush.Call() }

// close gives the memory back.
func (b *bitmap) close() {
	if b.dc == 0 {
		return
	}
	_, _, _ = procSelectObject.Call(b.dc, b.before)
	_, _, _ = procDeleteObject.Call(b.handle)
	_, _, _ = procDeleteDC.Call(b.dc)
	*b = bitmap{}
}
