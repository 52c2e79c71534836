#define COBJMACROS
#define INITGUID
#include "shim.h"

#include <windows.h>
#include <initguid.h>
#include <mfapi.h>
#include <mfidl.h>
#include <mfreadwrite.h>
#include <mferror.h>

// Media Foundation is missing in some editions of Windows, which Parley must start on all the same: nothing is linked.
static struct {
  HRESULT(WINAPI *startup)(ULONG, DWORD);
  HRESULT(WINAPI *attributes)(IMFAttributes **, UINT32);
  HRESULT(WINAPI *devices)(IMFAttributes *, IMFActivate ***, UINT32 *);
  HRESULT(WINAPI *reader)(IMFMediaSource *, IMFAttributes *, IMFSourceReader **);
  HRESULT hr;
} mf;

static void *find(const wchar_t *library, const char *name) {
  HMODULE module = LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
  return module ? (void *)GetProcAddress(module, name) : NULL;
}

static BOOL CALLBACK load(PINIT_ONCE once, PVOID argument, PVOID *context) {
  // Every thread that has no apartment belongs to the one of many threads: Go's calls come on any thread.
  HRESULT(WINAPI *apartment)(void **) = find(L"ole32.dll", "CoIncrementMTAUsage");
  void *cookie;
  mf.startup = find(L"mfplat.dll", "MFStartup");
  mf.attributes = find(L"mfplat.dll", "MFCreateAttributes");
  mf.devices = find(L"mf.dll", "MFEnumDeviceSources");
  mf.reader = find(L"mfreadwrite.dll", "MFCreateSourceReaderFromMediaSource");
  if (!apartment || !mf.startup || !mf.attributes || !mf.devices || !mf.reader)
    mf.hr = E_NOTIMPL;
  else if (SUCCEEDED(mf.hr = apartment(&cookie)))
    mf.hr = mf.startup(MF_VERSION, MFSTARTUP_LITE);
  return TRUE;
}

static HRESULT ready(void) {
  static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
  InitOnceExecuteOnce(&once, load, NULL, NULL);
  return mf.hr;
}

// Asks for the cameras.
static HRESULT enumerate(IMFActivate ***devices, UINT32 *count) {
  HRESULT hr = ready();
  IMFAttributes *wanted = NULL;
  if (SUCCEEDED(hr))
    hr = mf.attributes(&wanted, 1);
  if (SUCCEEDED(hr))
    hr = IMFAttributes_SetGUID(wanted, &MF_DEVSOURCE_ATTRIBUTE_SOURCE_TYPE, &MF_DEVSOURCE_ATTRIBUTE_SOURCE_TYPE_VIDCAP_GUID);
  if (SUCCEEDED(hr))
    hr = mf.devices(wanted, devices, count);
  if (wanted)
    IMFAttributes_Release(wanted);
  return hr;
}

static void forget(IMFActivate **devices, UINT32 count) {
  for (UINT32 i = 0; i < count; i++)
    IMFActivate_Release(devices[i]);
  CoTaskMemFree(devices);
}

static uint16_t *text(IMFActivate *device, REFGUID key) {
  WCHAR *value = NULL;
  UINT32 length;
  return SUCCEEDED(IMFActivate_GetAllocatedString(device, key, &value, &length)) ? (uint16_t *)value : NULL;
}

parley_mf_device *parley_mf_list(int *count) {
  IMFActivate **devices = NULL;
  UINT32 n = 0;
  *count = 0;
  if (FAILED(enumerate(&devices, &n)))
    return NULL;
  parley_mf_device *list = n ? calloc(n, sizeof *list) : NULL;
  for (UINT32 i = 0; list && i < n; i++) {
    parley_mf_device *d = &list[*count];
    d->name = text(devices[i], &MF_DEVSOURCE_ATTRIBUTE_FRIENDLY_NAME);
    d->link = text(devices[i], &MF_DEVSOURCE_ATTRIBUTE_SOURCE_TYPE_VIDCAP_SYMBOLIC_LINK);
    *count += 1;
  }
  forget(devices, n);
  return list;
}

void parley_mf_list_free(parley_mf_device *list, int count) {
  for (int i = 0; i < count; i++) {
    CoTaskMemFree(list[i].name);
    CoTaskMemFree(list[i].link);
  }
  free(list);
}

// What the reader tells from threads of its own. It outlives the camera for as long as the reader holds it.
typedef struct {
  IMFSourceReaderCallback callback;
  LONG references;
  CRITICAL_SECTION lock;
  HANDLE told;
  HRESULT hr;
  DWORD flags;
  IMFSample *sample;
} mailbox;

static HRESULT STDMETHODCALLTYPE mailbox_query(IMFSourceReaderCallback *self, REFIID id, void **out) {
  if (!IsEqualIID(id, &IID_IUnknown) && !IsEqualIID(id, &IID_IMFSourceReaderCallback)) {
    *out = NULL;
    return E_NOINTERFACE;
  }
  *out = self;
  IMFSourceReaderCallback_AddRef(self);
  return S_OK;
}

static ULONG STDMETHODCALLTYPE mailbox_add(IMFSourceReaderCallback *self) {
  return InterlockedIncrement(&((mailbox *)self)->references);
}

static ULONG STDMETHODCALLTYPE mailbox_release(IMFSourceReaderCallback *self) {
  mailbox *m = (mailbox *)self;
  LONG left = InterlockedDecrement(&m->references);
  if (left == 0) {
    if (m->sample)
      IMFSample_Release(m->sample);
    DeleteCriticalSection(&m->lock);
    CloseHandle(m->told);
    free(m);
  }
  return left;
}

static HRESULT STDMETHODCALLTYPE mailbox_sample(IMFSourceReaderCallback *self, HRESULT hr, DWORD stream, DWORD flags,
                                                LONGLONG time, IMFSample *sample) {
  mailbox *m = (mailbox *)self;
  EnterCriticalSection(&m->lock);
  if (m->sample)
    IMFSample_Release(m->sample);
  m->hr = hr;
  m->flags = flags;
  m->sample = sample;
  if (sample)
    IMFSample_AddRef(sample);
  LeaveCriticalSection(&m->lock);
  SetEvent(m->told);
  return S_OK;
}

static HRESULT STDMETHODCALLTYPE mailbox_flush(IMFSourceReaderCallback *self, DWORD stream) { return S_OK; }

static HRESULT STDMETHODCALLTYPE mailbox_event(IMFSourceReaderCallback *self, DWORD stream, IMFMediaEvent *event) { return S_OK; }

static IMFSourceReaderCallbackVtbl mailbox_methods = {
    mailbox_query, mailbox_add, mailbox_release, mailbox_sample, mailbox_flush, mailbox_event,
};

static mailbox *mailbox_new(void) {
  mailbox *m = calloc(1, sizeof *m);
  if (!m)
    return NULL;
  m->callback.lpVtbl = &mailbox_methods;
  m->references = 1;
  InitializeCriticalSection(&m->lock);
  m->told = CreateEventW(NULL, FALSE, FALSE, NULL);
  return m;
}

struct parley_mf_camera {
  IMFMediaSource *source;
  IMFSourceReader *reader;
  mailbox *box;
  int asked;              // a sample is on its way
  IMFMediaBuffer *buffer; // locked, of the picture given out last
};

// Finds the camera with a path and switches it on.
static HRESULT activate(const uint16_t *link, IMFMediaSource **source) {
  IMFActivate **devices = NULL;
  UINT32 count = 0;
  HRESULT hr = enumerate(&devices, &count);
  if (FAILED(hr))
    return hr;
  hr = MF_E_NOT_FOUND;
  for (UINT32 i = 0; i < count; i++) {
    uint16_t *path = text(devices[i], &MF_DEVSOURCE_ATTRIBUTE_SOURCE_TYPE_VIDCAP_SYMBOLIC_LINK);
    int same = path && wcscmp((const wchar_t *)path, (const wchar_t *)link) == 0;
    CoTaskMemFree(path);
    if (same) {
      hr = IMFActivate_ActivateObject(devices[i], &IID_IMFMediaSource, (void **)source);
      break;
    }
  }
  forget(devices, count);
  return hr;
}

static HRESULT begin(parley_mf_camera *c, const uint16_t *link) {
  IMFAttributes *options = NULL;
  HRESULT hr = activate(link, &c->source);
  if (SUCCEEDED(hr))
    hr = mf.attributes(&options, 2);
  if (SUCCEEDED(hr))
    hr = IMFAttributes_SetUnknown(options, &MF_SOURCE_READER_ASYNC_CALLBACK, (IUnknown *)&c->box->callback);
  if (SUCCEEDED(hr)) // pictures come as the camera makes them
    hr = IMFAttributes_SetUINT32(options, &MF_READWRITE_DISABLE_CONVERTERS, TRUE);
  if (SUCCEEDED(hr))
    hr = mf.reader(c->source, options, &c->reader);
  if (options)
    IMFAttributes_Release(options);
  return hr;
}

parley_mf_camera *parley_mf_open(const uint16_t *link, long *hr) {
  parley_mf_camera *c = calloc(1, sizeof *c);
  if (!c || !(c->box = mailbox_new())) {
    free(c);
    *hr = E_OUTOFMEMORY;
    return NULL;
  }
  if (FAILED(*hr = begin(c, link))) {
    parley_mf_close(c);
    return NULL;
  }
  return c;
}

#define STREAM ((DWORD)MF_SOURCE_READER_FIRST_VIDEO_STREAM)

int parley_mf_modes(parley_mf_camera *c, parley_mf_mode *modes, int most) {
  int n = 0;
  IMFMediaType *type;
  for (DWORD i = 0; n < most && SUCCEEDED(IMFSourceReader_GetNativeMediaType(c->reader, STREAM, i, &type)); i++) {
    GUID kind;
    UINT64 size, rate = 0;
    if (SUCCEEDED(IMFMediaType_GetGUID(type, &MF_MT_SUBTYPE, &kind)) && SUCCEEDED(IMFMediaType_GetUINT64(type, &MF_MT_FRAME_SIZE, &size))) {
      IMFMediaType_GetUINT64(type, &MF_MT_FRAME_RATE, &rate); // not told: any
      parley_mf_mode m = {kind.Data1, (int)(size >> 32), (int)(uint32_t)size, (uint32_t)(rate >> 32), (uint32_t)rate, (int)i};
      modes[n++] = m;
    }
    IMFMediaType_Release(type);
  }
  return n;
}

long parley_mf_start(parley_mf_camera *c, int index) {
  IMFMediaType *type;
  HRESULT hr = IMFSourceReader_GetNativeMediaType(c->reader, STREAM, index, &type);
  if (FAILED(hr))
    return hr;
  hr = IMFSourceReader_SetStreamSelection(c->reader, (DWORD)MF_SOURCE_READER_ALL_STREAMS, FALSE);
  if (SUCCEEDED(hr))
    hr = IMFSourceReader_SetStreamSelection(c->reader, STREAM, TRUE);
  if (SUCCEEDED(hr))
    hr = IMFSourceReader_SetCurrentMediaType(c->reader, STREAM, NULL, type);
  IMFMediaType_Release(type);
  return hr;
}

// Gives the picture back that was read last.
static void drop(parley_mf_camera *c) {
  if (!c->buffer)
    return;
  IMFMediaBuffer_Unlock(c->buffer);
  IMFMediaBuffer_Release(c->buffer);
  c->buffer = NULL;
}

// Takes what the reader told; the sample is the caller's.
static IMFSample *take(mailbox *m, long *hr) {
  EnterCriticalSection(&m->lock);
  IMFSample *sample = m->sample;
  *hr = m->hr;
  if (SUCCEEDED(m->hr) && m->flags & (MF_SOURCE_READERF_ERROR | MF_SOURCE_READERF_ENDOFSTREAM))
    *hr = MF_E_END_OF_STREAM;
  m->sample = NULL;
  LeaveCriticalSection(&m->lock);
  return sample;
}

// Locks a sample's memory.
static HRESULT lock(parley_mf_camera *c, IMFSample *sample, parley_mf_picture *p) {
  BYTE *data;
  DWORD size;
  HRESULT hr = IMFSample_ConvertToContiguousBuffer(sample, &c->buffer);
  if (FAILED(hr))
    return hr;
  if (FAILED(hr = IMFMediaBuffer_Lock(c->buffer, &data, NULL, &size))) {
    IMFMediaBuffer_Release(c->buffer);
    c->buffer = NULL;
    return hr;
  }
  p->data = data;
  p->size = size;
  return S_OK;
}

parley_mf_picture parley_mf_read(parley_mf_camera *c, unsigned milliseconds) {
  parley_mf_picture p = {2, S_OK, NULL, 0};
  ULONGLONG end = GetTickCount64() + milliseconds;
  drop(c);
  for (;;) {
    if (!c->asked && FAILED(p.hr = IMFSourceReader_ReadSample(c->reader, STREAM, 0, NULL, NULL, NULL, NULL)))
      return p;
    c->asked = 1;
    ULONGLONG now = GetTickCount64();
    if (WaitForSingleObject(c->box->told, now < end ? (DWORD)(end - now) : 0) != WAIT_OBJECT_0) {
      p.state = 1;
      return p;
    }
    c->asked = 0;
    IMFSample *sample = take(c->box, &p.hr);
    if (SUCCEEDED(p.hr) && sample)
      p.hr = lock(c, sample, &p);
    if (sample)
      IMFSample_Release(sample);
    if (FAILED(p.hr))
      return p;
    if (p.data) {
      p.state = 0;
      return p;
    } // a gap in the stream: the next one
  }
}

void parley_mf_close(parley_mf_camera *c) {
  drop(c);
  if (c->reader)
    IMFSourceReader_Release(c->reader);
  if (c->source) {
    IMFMediaSource_Shutdown(c->source); // the light goes off
    IMFMediaSource_Release(c->source);
  }
  IMFSourceReaderCallback_Release(&c->box->callback);
  free(c);
}
