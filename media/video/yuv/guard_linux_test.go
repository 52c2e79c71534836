package yuv

import (
	"fmt"
	"syscall"
	"testing"
)

// guarded returns size bytes right before a page that must not be touched: a read or write behind them ends the test.
func guarded(t *testing.T, size int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	room := (size + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, room+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[room:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return mem[room-size : room : room]
}

func guardedPicture(t *testing.T, w, h int) *Picture {
	cw, ch := (w+1)/2, (h+1)/2
	return &Picture{
		Y: guarded(t, w*h), U: guarded(t, cw*ch), V: guarded(t, cw*ch),
		StrideY: w, StrideUV: cw, Width: w, Height: h,
	}
}

// TestStaysInside runs every conversion on buffers with a guard page behind them, at sizes that are no multiple of any
// vector.
func TestStaysInside(t *testing.T) {
	sizes := [][2]int{{1, 1}, {2, 1}, {3, 3}, {15, 7}, {17, 9}, {33, 31}, {63, 65}, {101, 75}, {127, 3}, {641, 361}}
	for _, size := range sizes {
		w, h := size[0], size[1]
		t.Run(fmt.Sprintf("%dx%d", w, h), func(t *testing.T) {
			src, dst := guardedPicture(t, w, h), guardedPicture(t, w, h)
			rgba, yuyv := guarded(t, w*h*4), guarded(t, (w+1)/2*4*h)
			uv := guarded(t, (w+1)/2*2*((h+1)/2))
			full := [3][]byte{guarded(t, w*h), guarded(t, w*h), guarded(t, w*h)}
			half := [2][]byte{guarded(t, (w+1)/2*h), guarded(t, (w+1)/2*h)}
			for what, err := range map[string]error{
				"ToRGBA": ToRGBA(rgba, w*4, src),
				"RGBA":   FromPacked(dst, RGBA, rgba, w*4),
				"BGRA":   FromPacked(dst, BGRA, rgba, w*4),
				"YUYV":   FromPacked(dst, YUYV, yuyv, (w+1)/2*4),
				"NV12":   FromNV12(dst, src.Y, w, uv, (w+1)/2*2),
				"444":    FromPlanar(dst, Sub444, full[0], full[1], full[2], w, w),
				"422":    FromPlanar(dst, Sub422, full[0], half[0], half[1], w, (w+1)/2),
				"Copy":   Copy(dst, src),
				"Mirror": Mirror(dst, src),
				"Limit":  LimitRange(dst),
			} {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			if _, err := PSNR(dst, src); err != nil {
				t.Error(err)
			}
			if w > 8 && h > 8 {
				if _, err := SSIM(dst, src); err != nil {
					t.Error(err)
				}
			}
			for _, to := range sizes {
				if err := Scale(guardedPicture(t, to[0], to[1]), src); err != nil {
					t.Errorf("scale to %v: %v", to, err)
				}
			}
		})
	}
}
