// OpenH264 behind plain arguments and results by value: the planes and buffers are Go memory, which C must not keep, and
// results by value cost no allocation.
#ifndef PARLEY_OPENH264_SHIM_H
#define PARLEY_OPENH264_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct parley_h264_encoder parley_h264_encoder;
typedef struct parley_h264_decoder parley_h264_decoder;

typedef struct {
  int width, height, bitrate, screen, threads, max_payload;
  double frame_rate;
} parley_h264_settings;

typedef struct {
  int rc;
  int key;
  size_t size; // bytes, 0 when the frame was dropped
} parley_h264_result;

typedef struct {
  int rc;   // bits of DECODING_STATE
  int i420; // 4:2:0 of 8 bits
  int width, height;
  int stride_y, stride_uv;
  const uint8_t *y, *u, *v; // NULL without a picture
} parley_h264_picture;

parley_h264_encoder *parley_h264_encoder_new(parley_h264_settings s, int *rc);
int parley_h264_encoder_rate(parley_h264_encoder *e, int bitrate, double frame_rate);
parley_h264_result parley_h264_encoder_encode(parley_h264_encoder *e, const uint8_t *y, const uint8_t *u, const uint8_t *v,
                                    int stride_y, int stride_uv, int64_t milliseconds, int key);
// Copies what the last encode gave; to has room for its size.
void parley_h264_encoder_take(parley_h264_encoder *e, uint8_t *to);
void parley_h264_encoder_free(parley_h264_encoder *e);

parley_h264_decoder *parley_h264_decoder_new(int *rc);
parley_h264_picture parley_h264_decoder_decode(parley_h264_decoder *d, const uint8_t *data, size_t size);
void parley_h264_decoder_free(parley_h264_decoder *d);

#endif
