#include "shim.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

struct parley_vpx_encoder {
  vpx_codec_ctx_t ctx;
  vpx_codec_enc_cfg_t cfg;
  vpx_image_t image;
  vpx_codec_iter_t iter;
  int vp9;
};

enum { buffer_optimal_ms = 600 };

// How large a key frame may be, in percent of an average frame: half of the buffer.
static unsigned max_intra_percent(double frame_rate) {
  unsigned percent = (unsigned)(0.5 * buffer_optimal_ms * frame_rate / 10);
  return percent < 300 ? 300 : percent;
}

static void configure(vpx_codec_enc_cfg_t *c, const parley_vpx_settings *s) {
  c->g_w = s->width;
  c->g_h = s->height;
  c->g_timebase.num = 1;
  c->g_timebase.den = 90000;
  c->g_threads = s->threads;
  c->g_lag_in_frames = 0;
  c->g_pass = VPX_RC_ONE_PASS;
  // A single layer needs no resilience of its own: after a loss the receiver asks for the packet or a key frame.
  c->g_error_resilient = 0;
  c->rc_end_usage = VPX_CBR;
  c->rc_target_bitrate = s->kbps;
  c->rc_min_quantizer = s->vp9 ? 4 : 2;
  c->rc_max_quantizer = 56;
  // Camera pictures may be dropped to hold the rate; of a screen the last one must always arrive.
  c->rc_dropframe_thresh = s->screen ? 0 : 30;
  c->rc_resize_allowed = 0;
  c->rc_undershoot_pct = s->vp9 ? 50 : 100;
  c->rc_overshoot_pct = s->vp9 ? 50 : 15;
  c->rc_buf_initial_sz = 500;
  c->rc_buf_optimal_sz = buffer_optimal_ms;
  c->rc_buf_sz = 1000;
  c->kf_mode = VPX_KF_DISABLED; // on demand only
}

static void tune_vp8(parley_vpx_encoder *e, const parley_vpx_settings *s) {
  vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, -8);
  vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, s->screen ? 100 : 1);
  vpx_codec_control(&e->ctx, VP8E_SET_NOISE_SENSITIVITY, 0);
  vpx_codec_control(&e->ctx, VP8E_SET_TOKEN_PARTITIONS, s->threads > 2 ? 2 : s->threads > 1 ? 1 : 0);
  vpx_codec_control(&e->ctx, VP8E_SET_SCREEN_CONTENT_MODE, s->screen ? 1 : 0);
}

static void tune_vp9(parley_vpx_encoder *e, const parley_vpx_settings *s) {
  int columns = 0; // log2, a tile is 256 pixels wide at least
  while (columns < 2 && (1 << columns) < s->threads && (256 << (columns + 1)) <= s->width)
    columns++;
  vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, 8);
  vpx_codec_control(&e->ctx, VP9E_SET_ROW_MT, 1);
  vpx_codec_control(&e->ctx, VP9E_SET_TILE_COLUMNS, columns);
  vpx_codec_control(&e->ctx, VP9E_SET_AQ_MODE, 3); // cyclic refresh: a still picture sharpens by and by
  vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, s->screen ? 100 : 1);
  vpx_codec_control(&e->ctx, VP9E_SET_TUNE_CONTENT, s->screen ? VP9E_CONTENT_SCREEN : VP9E_CONTENT_DEFAULT);
  vpx_codec_control(&e->ctx, VP9E_SET_FRAME_PARALLEL_DECODING, 0);
  vpx_codec_control(&e->ctx, VP9E_SET_NOISE_SENSITIVITY, 0);
}

parley_vpx_encoder *parley_vpx_encoder_new(parley_vpx_settings s, int *rc) {
  parley_vpx_encoder *e = calloc(1, sizeof *e);
  if (!e) {
    *rc = VPX_CODEC_MEM_ERROR;
    return NULL;
  }
  vpx_codec_iface_t *iface = s.vp9 ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
  e->vp9 = s.vp9;
  *rc = vpx_codec_enc_config_default(iface, &e->cfg, 0);
  if (*rc == VPX_CODEC_OK) {
    configure(&e->cfg, &s);
    *rc = vpx_codec_enc_init(&e->ctx, iface, &e->cfg, 0);
  }
  if (*rc != VPX_CODEC_OK) {
    free(e);
    return NULL;
  }
  if (s.vp9)
    tune_vp9(e, &s);
  else
    tune_vp8(e, &s);
  vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, max_intra_percent(s.frame_rate));
  // The planes are set for each frame; wrapping wants some address.
  static uint8_t nowhere[1];
  if (!vpx_img_wrap(&e->image, VPX_IMG_FMT_I420, s.width, s.height, 1, nowhere)) {
    parley_vpx_encoder_free(e);
    *rc = VPX_CODEC_INVALID_PARAM;
    return NULL;
  }
  return e;
}

int parley_vpx_encoder_rate(parley_vpx_encoder *e, int kbps, double frame_rate) {
  vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, max_intra_percent(frame_rate));
  if (e->cfg.rc_target_bitrate == (unsigned)kbps)
    return VPX_CODEC_OK;
  e->cfg.rc_target_bitrate = kbps;
  return vpx_codec_enc_config_set(&e->ctx, &e->cfg);
}

int parley_vpx_encoder_encode(parley_vpx_encoder *e, const uint8_t *y, const uint8_t *u, const uint8_t *v,
                          int stride_y, int stride_uv, int64_t pts, int64_t duration, int key) {
  e->image.planes[VPX_PLANE_Y] = (uint8_t *)y;
  e->image.planes[VPX_PLANE_U] = (uint8_t *)u;
  e->image.planes[VPX_PLANE_V] = (uint8_t *)v;
  e->image.stride[VPX_PLANE_Y] = stride_y;
  e->image.stride[VPX_PLANE_U] = e->image.stride[VPX_PLANE_V] = stride_uv;
  e->iter = NULL;
  int rc = vpx_codec_encode(&e->ctx, &e->image, pts, duration, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
  for (int i = 0; i < 3; i++)
    e->image.planes[i] = NULL;
  return rc;
}

parley_vpx_packet parley_vpx_encoder_next(parley_vpx_encoder *e) {
  parley_vpx_packet p = {NULL, 0, 0, -1};
  const vpx_codec_cx_pkt_t *pkt;
  while ((pkt = vpx_codec_get_cx_data(&e->ctx, &e->iter))) {
    if (pkt->kind != VPX_CODEC_CX_FRAME_PKT)
      continue;
    p.data = pkt->data.frame.buf;
    p.size = pkt->data.frame.sz;
    p.key = (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
    if (vpx_codec_control(&e->ctx, VP8E_GET_LAST_QUANTIZER, &p.quantizer) != VPX_CODEC_OK)
      p.quantizer = -1;
    break;
  }
  return p;
}

void parley_vpx_encoder_free(parley_vpx_encoder *e) {
  vpx_codec_destroy(&e->ctx);
  free(e);
}
