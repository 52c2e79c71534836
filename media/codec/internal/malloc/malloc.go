//go:build linux

// Package malloc keeps what the codecs' libraries give back from staying with the process. They take pictures of some
// hundred kilobytes, each from whatever thread it runs on. The GNU C library serves each thread from an arena of its own
// and keeps what is freed there; and once a large block was freed it serves blocks of that size from the arenas too. In a
// call in which cameras and presentations come and go every arena grows to the size of all codecs together.
//
// So there are few arenas, and large blocks are the system's: given back at once when they are freed. Codecs take and free
// no large blocks while they run.
package malloc

/*
#include <stdlib.h> // tells which C library this is
#ifdef __GLIBC__
#include <malloc.h>
static void parley_malloc_settle(void) {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 128 * 1024); // set, it does not grow any more
}
#else
static void parley_malloc_settle(void) {}
#endif
*/
import "C"

func init() { C.parley_malloc_settle() }
