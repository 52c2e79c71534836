#include "shim.h"

#include <stdlib.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

struct parley_vpx_decoder {
  vpx_codec_ctx_t ctx;
  int vp9;
};

parley_vpx_decoder *parley_vpx_decoder_new(int vp9, int *rc) {
  parley_vpx_decoder *d = calloc(1, sizeof *d);
  if (!d) {
    *rc = VPX_CODEC_MEM_ERROR;
    return NULL;
  }
  vpx_codec_dec_cfg_t cfg = {.threads = 1};
  d->vp9 = vp9;
  *rc = vpx_codec_dec_init(&d->ctx, vp9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx(), &cfg, 0);
  if (*rc != VPX_CODEC_OK) {
    free(d);
    return NULL;
  }
  return d;
}

parley_vpx_picture parley_vpx_decoder_decode(parley_vpx_decoder *d, const uint8_t *data, size_t size) {
  parley_vpx_picture p = {.quantizer = -1};
  p.rc = vpx_codec_decode(&d->ctx, data, (unsigned)size, NULL, 0);
  vpx_codec_iter_t iter = NULL;
  vpx_image_t *image, *last = NULL;
  while ((image = vpx_codec_get_frame(&d->ctx, &iter)))
    last = image;
  if (p.rc != VPX_CODEC_OK)
    return p;
  int corrupted = 0;
  if (vpx_codec_control(&d->ctx, VP8D_GET_FRAME_CORRUPTED, &corrupted) == VPX_CODEC_OK)
    p.corrupted = corrupted;
  if (vpx_codec_control(&d->ctx, VPXD_GET_LAST_QUANTIZER, &p.quantizer) != VPX_CODEC_OK)
    p.quantizer = -1;
  if (!last)
    return p;
  p.i420 = last->fmt == VPX_IMG_FMT_I420 && last->bit_depth == 8 &&
             last->stride[VPX_PLANE_U] == last->stride[VPX_PLANE_V];
  p.width = (int)last->d_w;
  p.height = (int)last->d_h;
  p.y = last->planes[VPX_PLANE_Y];
  p.u = last->planes[VPX_PLANE_U];
  p.v = last->planes[VPX_PLANE_V];
  p.stride_y = last->stride[VPX_PLANE_Y];
  p.stride_uv = last->stride[VPX_PLANE_U];
  return p;
}

void parley_vpx_decoder_free(parley_vpx_decoder *d) {
  vpx_codec_destroy(&d->ctx);
  free(d);
}

const char *parley_vpx_error(int rc) { return vpx_codec_err_to_string((vpx_codec_err_t)rc); }
