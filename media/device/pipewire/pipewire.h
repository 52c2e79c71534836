#ifndef PARLEY_PIPEWIRE_H
#define PARLEY_PIPEWIRE_H

#include <stddef.h>
#include <stdint.h>

// A stream of pictures of one PipeWire node. Its functions may be called from one thread at a time.
typedef struct parley_stream parley_stream;

// parley_load loads the library; NULL: it is there, else why not.
const char *parley_load(void);

// parley_open connects through a socket, which it takes, to a node. NULL: it failed.
parley_stream *parley_open(int fd, uint32_t node);

// What a stream is doing.
enum { PARLEY_WAITING, PARLEY_FLOWS, PARLEY_ENDED };

// parley_state tells what it is doing, and how many pictures came so far.
int parley_state(parley_stream *s, uint64_t *pictures);

// parley_error copies why a stream ended.
void parley_error(parley_stream *s, char *text, size_t size);

// parley_size tells the newest picture's size; 0: there is none.
int parley_size(parley_stream *s, int *width, int *height);

// parley_take copies the newest picture, 4 bytes a pixel (B, G, R, unused), if it still has that size; else it returns 0.
int parley_take(parley_stream *s, uint8_t *to, int width, int height);

void parley_close(parley_stream *s);

#endif
