#include "shim.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

struct parley_h264_decoder {
  ISVCDecoder *codec;
};

parley_h264_decoder *parley_h264_decoder_new(int *rc) {
  parley_h264_decoder *d = calloc(1, sizeof *d);
  if (!d) {
    *rc = dsOutOfMemory;
    return NULL;
  }
  *rc = (int)WelsCreateDecoder(&d->codec);
  if (*rc != 0 || !d->codec) {
    free(d);
    return NULL;
  }
  int level = WELS_LOG_QUIET;
  (*d->codec)->SetOption(d->codec, DECODER_OPTION_TRACE_LEVEL, &level);
  SDecodingParam p;
  memset(&p, 0, sizeof p);
  p.uiTargetDqLayer = 255;
  p.eEcActiveIdc = ERROR_CON_DISABLE; // a broken picture is an error, not a guess
  p.sVideoProperty.size = sizeof p.sVideoProperty;
  p.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
  *rc = (int)(*d->codec)->Initialize(d->codec, &p);
  if (*rc != 0) {
    WelsDestroyDecoder(d->codec);
    free(d);
    return NULL;
  }
  return d;
}

parley_h264_picture parley_h264_decoder_decode(parley_h264_decoder *d, const uint8_t *data, size_t size) {
  parley_h264_picture p;
  memset(&p, 0, sizeof p);
  unsigned char *planes[3] = {NULL, NULL, NULL};
  SBufferInfo info;
  memset(&info, 0, sizeof info);
  p.rc = (*d->codec)->DecodeFrameNoDelay(d->codec, data, (int)size, planes, &info);
  if (p.rc != 0 || info.iBufferStatus != 1)
    return p;
  const SSysMEMBuffer *b = &info.UsrData.sSystemBuffer;
  p.i420 = b->iFormat == videoFormatI420;
  p.width = b->iWidth;
  p.height = b->iHeight;
  p.stride_y = b->iStride[0];
  p.stride_uv = b->iStride[1];
  p.y = info.pDst[0] ? info.pDst[0] : planes[0];
  p.u = info.pDst[0] ? info.pDst[1] : planes[1];
  p.v = info.pDst[0] ? info.pDst[2] : planes[2];
  return p;
}

void parley_h264_decoder_free(parley_h264_decoder *d) {
  (*d->codec)->Uninitialize(d->codec);
  WelsDestroyDecoder(d->codec);
  free(d);
}
