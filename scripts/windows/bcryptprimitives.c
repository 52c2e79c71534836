// Stands for a library of Windows that Debian 12's Wine does not have yet: Go's runtime takes its random numbers from it.
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) {
  while (size > 0) {
    ULONG part = size > 1 << 20 ? 1 << 20 : (ULONG)size;
    if (!RtlGenRandom(data, part))
      return FALSE;
    data += part;
    size -= part;
  }
  return TRUE;
}
