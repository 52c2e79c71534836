// libaom's encoder behind plain arguments and results by value: the planes are Go memory, which C must not keep, and
// results by value cost no allocation.
#ifndef PARLEY_AOM_SHIM_H
#define PARLEY_AOM_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct parley_aom_encoder parley_aom_encoder;

typedef struct {
  int width, height, kbps, screen, threads;
  double frame_rate;
} parley_aom_settings;

typedef struct {
  const uint8_t *data; // NULL: no more
  size_t size;
  int key;
} parley_aom_packet;

parley_aom_encoder *parley_aom_encoder_new(parley_aom_settings s, int *rc);
int parley_aom_encoder_rate(parley_aom_encoder *e, int kbps, double frame_rate);
int parley_aom_encoder_encode(parley_aom_encoder *e, const uint8_t *y, const uint8_t *u, const uint8_t *v,
                              int stride_y, int stride_uv, int64_t pts, int64_t duration, int key);
parley_aom_packet parley_aom_encoder_next(parley_aom_encoder *e);
void parley_aom_encoder_free(parley_aom_encoder *e);

const char *parley_aom_error(int rc);

#endif
