#include "shim.h"

#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdlib.h>

struct parley_aom_encoder {
  aom_codec_ctx_t ctx;
  aom_codec_enc_cfg_t cfg;
  aom_image_t image;
  aom_codec_iter_t iter;
};

enum { buffer_optimal_ms = 600 };

// How large a key frame may be, in percent of an average frame: half of the buffer.
static unsigned max_intra_percent(double frame_rate) {
  unsigned percent = (unsigned)(0.5 * buffer_optimal_ms * frame_rate / 10);
  return percent < 300 ? 300 : percent;
}

static void configure(aom_codec_enc_cfg_t *c, const parley_aom_settings *s) {
  c->g_w = s->width;
  c->g_h = s->height;
  c->g_timebase.num = 1;
  c->g_timebase.den = 90000;
  c->g_threads = s->threads;
  c->g_lag_in_frames = 0;
  c->g_pass = AOM_RC_ONE_PASS;
  // A single layer needs no resilience of its own: after a loss the receiver asks for the packet or a key frame.
  c->g_error_resilient = 0;
  c->rc_end_usage = AOM_CBR;
  c->rc_target_bitrate = s->kbps;
  c->rc_min_quantizer = 4;
  c->rc_max_quantizer = 56;
  // Camera pictures may be dropped to hold the rate; of a screen the last one must always arrive.
  c->rc_dropframe_thresh = s->screen ? 0 : 30;
  c->rc_resize_mode = 0; // never by itself
  c->rc_undershoot_pct = 50;
  c->rc_overshoot_pct = 50;
  c->rc_buf_initial_sz = 500;
  c->rc_buf_optimal_sz = buffer_optimal_ms;
  c->rc_buf_sz = 1000;
  c->kf_mode = AOM_KF_DISABLED; // on demand only
}

// What each of them gives, or spares, is in docs/decisions/101-av1-encoding.md. At this speed libaom leaves the costlier tools
// of AV1 out by itself.
static void tune(parley_aom_encoder *e, const parley_aom_settings *s) {
  int columns = 0; // log2, a tile is 256 pixels wide at least
  while (columns < 2 && (1 << columns) < s->threads && (256 << (columns + 1)) <= s->width)
    columns++;
  aom_codec_control(&e->ctx, AOME_SET_CPUUSED, 7);
  aom_codec_control(&e->ctx, AV1E_SET_ROW_MT, s->threads > 1);
  aom_codec_control(&e->ctx, AV1E_SET_TILE_COLUMNS, columns);
  aom_codec_control(&e->ctx, AV1E_SET_AQ_MODE, 3); // cyclic refresh: a still picture sharpens by and by
  aom_codec_control(&e->ctx, AV1E_SET_COEFF_COST_UPD_FREQ, 3); // never: a quarter of the time for a tenth of a dB
  aom_codec_control(&e->ctx, AV1E_SET_MODE_COST_UPD_FREQ, 3);
  aom_codec_control(&e->ctx, AV1E_SET_MV_COST_UPD_FREQ, 3);
  aom_codec_control(&e->ctx, AV1E_SET_TUNE_CONTENT, s->screen ? AOM_CONTENT_SCREEN : AOM_CONTENT_DEFAULT);
  aom_codec_control(&e->ctx, AV1E_SET_ENABLE_PALETTE, s->screen);
}

parley_aom_encoder *parley_aom_encoder_new(parley_aom_settings s, int *rc) {
  parley_aom_encoder *e = calloc(1, sizeof *e);
  if (!e) {
    *rc = AOM_CODEC_MEM_ERROR;
    return NULL;
  }
  aom_codec_iface_t *iface = aom_codec_av1_cx();
  *rc = aom_codec_enc_config_default(iface, &e->cfg, AOM_USAGE_REALTIME);
  if (*rc == AOM_CODEC_OK) {
    configure(&e->cfg, &s);
    *rc = aom_codec_enc_init(&e->ctx, iface, &e->cfg, 0);
  }
  if (*rc != AOM_CODEC_OK) {
    free(e);
    return NULL;
  }
  tune(e, &s);
  aom_codec_control(&e->ctx, AOME_SET_MAX_INTRA_BITRATE_PCT, max_intra_percent(s.frame_rate));
  // The planes are set for each frame; wrapping wants some address.
  static uint8_t nowhere[1];
  if (!aom_img_wrap(&e->image, AOM_IMG_FMT_I420, s.width, s.height, 1, nowhere)) {
    parley_aom_encoder_free(e);
    *rc = AOM_CODEC_INVALID_PARAM;
    return NULL;
  }
  return e;
}

int parley_aom_encoder_rate(parley_aom_encoder *e, int kbps, double frame_rate) {
  aom_codec_control(&e->ctx, AOME_SET_MAX_INTRA_BITRATE_PCT, max_intra_percent(frame_rate));
  if (e->cfg.rc_target_bitrate == (unsigned)kbps)
    return AOM_CODEC_OK;
  e->cfg.rc_target_bitrate = kbps;
  return aom_codec_enc_config_set(&e->ctx, &e->cfg);
}

int parley_aom_encoder_encode(parley_aom_encoder *e, const uint8_t *y, const uint8_t *u, const uint8_t *v,
                              int stride_y, int stride_uv, int64_t pts, int64_t duration, int key) {
  e->image.planes[AOM_PLANE_Y] = (uint8_t *)y;
  e->image.planes[AOM_PLANE_U] = (uint8_t *)u;
  e->image.planes[AOM_PLANE_V] = (uint8_t *)v;
  e->image.stride[AOM_PLANE_Y] = stride_y;
  e->image.stride[AOM_PLANE_U] = e->image.stride[AOM_PLANE_V] = stride_uv;
  e->iter = NULL;
  int rc = aom_codec_encode(&e->ctx, &e->image, pts, (unsigned long)duration, key ? AOM_EFLAG_FORCE_KF : 0);
  for (int i = 0; i < 3; i++)
    e->image.planes[i] = NULL;
  return rc;
}

parley_aom_packet parley_aom_encoder_next(parley_aom_encoder *e) {
  parley_aom_packet p = {NULL, 0, 0};
  const aom_codec_cx_pkt_t *pkt;
  while ((pkt = aom_codec_get_cx_data(&e->ctx, &e->iter))) {
    if (pkt->kind != AOM_CODEC_CX_FRAME_PKT)
      continue;
    p.data = pkt->data.frame.buf;
    p.size = pkt->data.frame.sz;
    p.key = (pkt->data.frame.flags & AOM_FRAME_IS_KEY) != 0;
    break;
  }
  return p;
}

void parley_aom_encoder_free(parley_aom_encoder *e) {
  aom_codec_destroy(&e->ctx);
  free(e);
}

const char *parley_aom_error(int rc) { return aom_codec_err_to_string((aom_codec_err_t)rc); }
