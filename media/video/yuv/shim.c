#include "shim.h"

#include <libyuv/compare.h>
#include <libyuv/convert.h>
#include <libyuv/convert_from.h>
#include <libyuv/convert_argb.h>
#include <libyuv/planar_functions.h>
#include <libyuv/scale.h>

int parley_yuv_scale(const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv, int sw, int sh,
                 uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int dw, int dh) {
  // The box filter divides by a fraction of 16 bits: beyond some hundred pixels a box it darkens, at last to black.
  int64_t area = (int64_t)(sw / dw + 1) * (sh / dh + 1);
  return I420Scale(sy, ssy, su, ssuv, sv, ssuv, sw, sh, dy, dsy, du, dsuv, dv, dsuv, dw, dh,
                   area > 256 ? kFilterBilinear : kFilterBox);
}

int parley_yuv_copy(const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv,
                uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h) {
  return I420Copy(sy, ssy, su, ssuv, sv, ssuv, dy, dsy, du, dsuv, dv, dsuv, w, h);
}

int parley_yuv_mirror(const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv,
                  uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h) {
  return I420Mirror(sy, ssy, su, ssuv, sv, ssuv, dy, dsy, du, dsuv, dv, dsuv, w, h);
}

int parley_yuv_to_rgba(const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv,
                   uint8_t *rgba, int stride, int w, int h) {
  return I420ToABGR(sy, ssy, su, ssuv, sv, ssuv, rgba, stride, w, h);
}

int parley_yuv_from_packed(int kind, const uint8_t *src, int stride,
                       uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h) {
  switch (kind) {
  case 0:
    return ABGRToI420(src, stride, dy, dsy, du, dsuv, dv, dsuv, w, h);
  case 1:
    return ARGBToI420(src, stride, dy, dsy, du, dsuv, dv, dsuv, w, h);
  case 2:
    return YUY2ToI420(src, stride, dy, dsy, du, dsuv, dv, dsuv, w, h);
  }
  return -1;
}

int parley_yuv_from_nv12(const uint8_t *y, int sy, const uint8_t *uv, int suv,
                     uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h) {
  return NV12ToI420(y, sy, uv, suv, dy, dsy, du, dsuv, dv, dsuv, w, h);
}

int parley_yuv_from_planar(int sub, const uint8_t *sy, const uint8_t *su, const uint8_t *sv, int ssy, int ssuv,
                       uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h) {
  switch (sub) {
  case 0:
    return I420Copy(sy, ssy, su, ssuv, sv, ssuv, dy, dsy, du, dsuv, dv, dsuv, w, h);
  case 1:
    return I422ToI420(sy, ssy, su, ssuv, sv, ssuv, dy, dsy, du, dsuv, dv, dsuv, w, h);
  case 2:
    return I444ToI420(sy, ssy, su, ssuv, sv, ssuv, dy, dsy, du, dsuv, dv, dsuv, w, h);
  }
  return -1;
}

parley_yuv_size parley_yuv_mjpeg_size(const uint8_t *data, size_t len) {
  parley_yuv_size s = {0, 0, 0};
  s.rc = MJPGSize(data, len, &s.width, &s.height);
  return s;
}

int parley_yuv_from_mjpeg(const uint8_t *data, size_t len,
                      uint8_t *dy, uint8_t *du, uint8_t *dv, int dsy, int dsuv, int w, int h) {
  int rc = MJPGToI420(data, len, dy, dsy, du, dsuv, dv, dsuv, w, h, w, h);
  if (rc == 0)
    parley_yuv_limit_range(dy, du, dv, dsy, dsuv, w, h);
  return rc;
}

// 219/255 and 224/255 as 220/256 and 225/256: within half a step, and the compiler makes vectors of it.
static void limit_luma(uint8_t *p, int n) {
  for (int i = 0; i < n; i++)
    p[i] = (uint8_t)(((uint16_t)(p[i] * 220 + 128) >> 8) + 16);
}

static void limit_chroma(uint8_t *p, int n) {
  for (int i = 0; i < n; i++)
    p[i] = (uint8_t)((uint16_t)(p[i] * 225 + 128 * 31 + 128) >> 8);
}

void parley_yuv_limit_range(uint8_t *y, uint8_t *u, uint8_t *v, int sy, int suv, int w, int h) {
  for (int i = 0; i < h; i++)
    limit_luma(y + (ptrdiff_t)i * sy, w);
  for (int i = 0; i < (h + 1) / 2; i++) {
    limit_chroma(u + (ptrdiff_t)i * suv, (w + 1) / 2);
    limit_chroma(v + (ptrdiff_t)i * suv, (w + 1) / 2);
  }
}

uint64_t parley_yuv_sse(const uint8_t *a, int sa, const uint8_t *b, int sb, int w, int h) {
  return ComputeSumSquareErrorPlane(a, sa, b, sb, w, h);
}

double parley_yuv_ssim(const uint8_t *a, int sa, const uint8_t *b, int sb, int w, int h) {
  return CalcFrameSsim(a, sa, b, sb, w, h);
}
