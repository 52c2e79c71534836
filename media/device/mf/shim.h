// Media Foundation's cameras behind plain arguments and results by value. All functions may be called on any thread, those
// of one camera not at the same time.
#ifndef PARLEY_MF_SHIM_H
#define PARLEY_MF_SHIM_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint16_t *name, *link; // for people; the device's path
} parley_mf_device;

typedef struct {
  uint32_t fourcc;
  int width, height;
  uint32_t frames, seconds; // the rate's numerator and denominator
  int index;
} parley_mf_mode;

typedef struct {
  int state; // 0: a picture, 1: none in time, 2: the camera is gone
  long hr;
  const uint8_t *data; // until the next read
  size_t size;
} parley_mf_picture;

typedef struct parley_mf_camera parley_mf_camera;

// Lists cameras; NULL and a count of 0 for none or when Windows has no Media Foundation.
parley_mf_device *parley_mf_list(int *count);
void parley_mf_list_free(parley_mf_device *list, int count);

parley_mf_camera *parley_mf_open(const uint16_t *link, long *hr);
// Lists modes, at most so many; returns their count.
int parley_mf_modes(parley_mf_camera *c, parley_mf_mode *modes, int most);
long parley_mf_start(parley_mf_camera *c, int index);
parley_mf_picture parley_mf_read(parley_mf_camera *c, unsigned milliseconds);
void parley_mf_close(parley_mf_camera *c);

#endif
