// libvpx behind plain arguments and results by value: the planes and buffers are Go memory, which C must not keep, and
// results by value cost no allocation.
#ifndef PARLEY_VPX_SHIM_H
#define PARLEY_VPX_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct parley_vpx_encoder parley_vpx_encoder;
typedef struct parley_vpx_decoder parley_vpx_decoder;

typedef struct {
  int vp9, width, height, kbps, screen, threads;
  double frame_rate;
} parley_vpx_settings;

typedef struct {
  const uint8_t *data;
  size_t size;
  int key;
  int quantizer; // in the codec's scale, -1: not told
} parley_vpx_packet;

typedef struct {
  int rc;     // vpx_codec_err_t
  int i420;   // 4:2:0 of 8 bits
  int width, height, corrupted;
  int quantizer; // in the codec's scale, -1: not told
  int stride_y, stride_uv;
  const uint8_t *y, *u, *v; // NULL without a picture
} parley_vpx_picture;

parley_vpx_encoder *parley_vpx_encoder_new(parley_vpx_settings s, int *rc);
int parley_vpx_encoder_rate(parley_vpx_encoder *e, int kbps, double frame_rate);
int parley_vpx_encoder_encode(parley_vpx_encoder *e, const uint8_t *y, const uint8_t *u, const uint8_t *v,
                          int stride_y, int stride_uv, int64_t pts, int64_t duration, int key);
parley_vpx_packet parley_vpx_encoder_next(parley_vpx_encoder *e);
void parley_vpx_encoder_free(parley_vpx_encoder *e);

parley_vpx_decoder *parley_vpx_decoder_new(int vp9, int *rc);
parley_vpx_picture parley_vpx_decoder_decode(parley_vpx_decoder *d, const uint8_t *data, size_t size);
void parley_vpx_decoder_free(parley_vpx_decoder *d);

const char *parley_vpx_error(int rc);

#endif
