// One call across cgo an operation, with plain arguments: the planes are Go memory, which C must not keep.
#ifndef PARLEY_YUV_SHIM_H
#define PARLEY_YUV_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  int rc, width, height;
} parley_yuv_size;

int parley_yuv_scale(const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv, int sw, int sh,
                 uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int dw, int dh);
int parley_yuv_copy(const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv,
                uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h);
int parley_yuv_mirror(const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv,
                  uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h);
int parley_yuv_to_rgba(const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv,
                   uint8_t *rgba, int stride, int w, int h);
// Packed formats with 4 bytes a pixel or YUYV with 2: kind 0 R,G,B,A; 1 B,G,R,A; 2 YUYV.
int parley_yuv_from_packed(int kind, const uint8_t *src, int stride,
                       uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h);
int parley_yuv_from_nv12(const uint8_t *y, int sy, const uint8_t *uv, int suv,
                     uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h);
// Planar 4:2:0 (sub 0), 4:2:2 (1) and 4:4:4 (2).
int parley_yuv_from_planar(int sub, const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv,
                       uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h);
parley_yuv_size parley_yuv_mjpeg_size(const uint8_t *data, size_t len);
int parley_yuv_from_mjpeg(const uint8_t *data, size_t len,
                      uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h);
// Full range (JPEG) to limited range in place.
void parley_yuv_limit_range(uint8_t *y, uint8_t *u, uint8_t *v, int sy, int suv, int w, int h);
uint64_t parley_yuv_sse(const uint8_t *a, int sa, const uint8_t *b, int sb, int w, int h);
double parley_yuv_ssim(const uint8_t *a, int sa, const uint8_t *b, int sb, int w, int h);

#endif
