#include "shim.h"

#include <dav1d/dav1d.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct parley_dav1d_decoder {
  Dav1dContext *ctx;
  Dav1dPicture picture; // the last one, held until the next call
};

parley_dav1d_decoder *parley_dav1d_decoder_new(unsigned max_pixels, int *rc) {
  parley_dav1d_decoder *d = calloc(1, sizeof *d);
  if (!d) {
    *rc = DAV1D_ERR(ENOMEM);
    return NULL;
  }
  Dav1dSettings s;
  dav1d_default_settings(&s);
  s.n_threads = 1;
  s.max_frame_delay = 1; // a picture comes out as soon as it went in
  s.all_layers = 0;
  s.frame_size_limit = max_pixels;
  s.logger.callback = NULL;
  *rc = dav1d_open(&d->ctx, &s);
  if (*rc != 0) {
    free(d);
    return NULL;
  }
  return d;
}

static void drop_picture(parley_dav1d_decoder *d) {
  if (d->picture.data[0])
    dav1d_picture_unref(&d->picture);
}

// Takes every picture that is ready and keeps the newest.
static int take_pictures(parley_dav1d_decoder *d) {
  for (;;) {
    Dav1dPicture p;
    memset(&p, 0, sizeof p);
    int rc = dav1d_get_picture(d->ctx, &p);
    if (rc != 0)
      return rc == DAV1D_ERR(EAGAIN) ? 0 : rc;
    drop_picture(d);
    d->picture = p;
  }
}

parley_dav1d_picture parley_dav1d_decoder_decode(parley_dav1d_decoder *d, const uint8_t *data, size_t size) {
  parley_dav1d_picture p;
  memset(&p, 0, sizeof p);
  drop_picture(d);
  // dav1d may keep the data beyond this call, so it gets a copy of its own.
  Dav1dData in;
  memset(&in, 0, sizeof in);
  uint8_t *copy = dav1d_data_create(&in, size);
  if (!copy) {
    p.rc = DAV1D_ERR(ENOMEM);
    return p;
  }
  memcpy(copy, data, size);
  while (p.rc == 0 && in.sz > 0) {
    size_t before = in.sz;
    p.rc = dav1d_send_data(d->ctx, &in);
    int again = p.rc == DAV1D_ERR(EAGAIN);
    if (again)
      p.rc = 0;
    if (p.rc == 0)
      p.rc = take_pictures(d);
    if (p.rc == 0 && again && in.sz == before) { // now there is room; if not, something is broken
      p.rc = dav1d_send_data(d->ctx, &in);
      if (p.rc == 0)
        p.rc = take_pictures(d);
    }
  }
  if (in.sz > 0)
    dav1d_data_unref(&in);
  if (p.rc != 0 || !d->picture.data[0])
    return p;
  const Dav1dPicture *got = &d->picture;
  p.i420 = got->p.layout == DAV1D_PIXEL_LAYOUT_I420 && got->p.bpc == 8;
  p.width = got->p.w;
  p.height = got->p.h;
  p.stride_y = (int)got->stride[0];
  p.stride_uv = (int)got->stride[1];
  p.y = got->data[0];
  p.u = got->data[1];
  p.v = got->data[2];
  return p;
}

void parley_dav1d_decoder_free(parley_dav1d_decoder *d) {
  drop_picture(d);
  dav1d_close(&d->ctx);
  free(d);
}
