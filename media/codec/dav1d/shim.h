// dav1d behind plain arguments and results by value, which cost no allocation in Go.
#ifndef PARLEY_DAV1D_SHIM_H
#define PARLEY_DAV1D_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct parley_dav1d_decoder parley_dav1d_decoder;

typedef struct {
  int rc;   // negative errno of dav1d
  int i420; // 4:2:0 of 8 bits
  int width, height;
  int stride_y, stride_uv;
  const uint8_t *y, *u, *v; // until the next call; NULL without a picture
} parley_dav1d_picture;

parley_dav1d_decoder *parley_dav1d_decoder_new(unsigned max_pixels, int *rc);
parley_dav1d_picture parley_dav1d_decoder_decode(parley_dav1d_decoder *d, const uint8_t *data, size_t size);
void parley_dav1d_decoder_free(parley_dav1d_decoder *d);

#endif
