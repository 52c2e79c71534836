#include "shim.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

struct parley_h264_encoder {
  ISVCEncoder *codec;
  SFrameBSInfo info;
  int width, height;
  int bitrate;
  double frame_rate;
};

static void configure(SEncParamExt *p, const parley_h264_settings *s) {
  p->iUsageType = s->screen ? SCREEN_CONTENT_REAL_TIME : CAMERA_VIDEO_REAL_TIME;
  p->iPicWidth = s->width;
  p->iPicHeight = s->height;
  p->iTargetBitrate = s->bitrate;
  p->iMaxBitrate = UNSPECIFIED_BIT_RATE;
  p->iRCMode = RC_BITRATE_MODE;
  p->fMaxFrameRate = (float)s->frame_rate;
  p->bEnableFrameSkip = !s->screen; // of a screen the last picture must always arrive
  p->uiIntraPeriod = 0;             // key frames on demand only
  p->eSpsPpsIdStrategy = CONSTANT_ID;
  p->iEntropyCodingModeFlag = 0; // constrained baseline
  p->iMultipleThreadIdc = (unsigned short)s->threads;
  p->iTemporalLayerNum = 1;
  p->iSpatialLayerNum = 1;
  p->iNumRefFrame = 1;
  p->bEnableDenoise = false;
  p->bEnableSceneChangeDetect = false; // its key frames would come unasked
  p->bEnableLongTermReference = false;
  p->iComplexityMode = LOW_COMPLEXITY;
  SSpatialLayerConfig *l = &p->sSpatialLayers[0];
  l->iVideoWidth = s->width;
  l->iVideoHeight = s->height;
  l->fFrameRate = p->fMaxFrameRate;
  l->iSpatialBitrate = s->bitrate;
  l->iMaxSpatialBitrate = UNSPECIFIED_BIT_RATE;
  l->uiProfileIdc = PRO_BASELINE;
  l->uiLevelIdc = LEVEL_UNKNOWN;
  if (s->max_payload > 0) { // packetization mode 0: a NAL unit is a packet
    p->uiMaxNalSize = s->max_payload;
    p->iMultipleThreadIdc = 1;
    l->sSliceArgument.uiSliceMode = SM_SIZELIMITED_SLICE;
    l->sSliceArgument.uiSliceSizeConstraint = s->max_payload;
  } else if (s->threads > 1) {
    l->sSliceArgument.uiSliceMode = SM_FIXEDSLCNUM_SLICE;
    l->sSliceArgument.uiSliceNum = s->threads;
  } else {
    l->sSliceArgument.uiSliceMode = SM_SINGLE_SLICE;
  }
}

parley_h264_encoder *parley_h264_encoder_new(parley_h264_settings s, int *rc) {
  parley_h264_encoder *e = calloc(1, sizeof *e);
  if (!e) {
    *rc = cmMallocMemeError;
    return NULL;
  }
  e->width = s.width;
  e->height = s.height;
  e->bitrate = s.bitrate;
  e->frame_rate = s.frame_rate;
  *rc = WelsCreateSVCEncoder(&e->codec);
  if (*rc != 0 || !e->codec) {
    free(e);
    return NULL;
  }
  int level = WELS_LOG_QUIET;
  (*e->codec)->SetOption(e->codec, ENCODER_OPTION_TRACE_LEVEL, &level);
  SEncParamExt p;
  *rc = (*e->codec)->GetDefaultParams(e->codec, &p);
  if (*rc == 0) {
    configure(&p, &s);
    *rc = (*e->codec)->InitializeExt(e->codec, &p);
  }
  if (*rc == 0) {
    int format = videoFormatI420;
    *rc = (*e->codec)->SetOption(e->codec, ENCODER_OPTION_DATAFORMAT, &format);
  }
  if (*rc != 0) {
    parley_h264_encoder_free(e);
    return NULL;
  }
  return e;
}

int parley_h264_encoder_rate(parley_h264_encoder *e, int bitrate, double frame_rate) {
  int rc = 0;
  if (frame_rate != e->frame_rate) {
    float f = (float)frame_rate;
    rc = (*e->codec)->SetOption(e->codec, ENCODER_OPTION_FRAME_RATE, &f);
    e->frame_rate = frame_rate;
  }
  if (rc == 0 && bitrate != e->bitrate) {
    SBitrateInfo info = {SPATIAL_LAYER_ALL, bitrate};
    rc = (*e->codec)->SetOption(e->codec, ENCODER_OPTION_BITRATE, &info);
    e->bitrate = bitrate;
  }
  return rc;
}

parley_h264_result parley_h264_encoder_encode(parley_h264_encoder *e, const uint8_t *y, const uint8_t *u, const uint8_t *v,
                                    int stride_y, int stride_uv, int64_t milliseconds, int key) {
  parley_h264_result r = {0, 0, 0};
  SSourcePicture pic;
  memset(&pic, 0, sizeof pic);
  pic.iColorFormat = videoFormatI420;
  pic.iPicWidth = e->width;
  pic.iPicHeight = e->height;
  pic.pData[0] = (uint8_t *)y;
  pic.pData[1] = (uint8_t *)u;
  pic.pData[2] = (uint8_t *)v;
  pic.iStride[0] = stride_y;
  pic.iStride[1] = pic.iStride[2] = stride_uv;
  pic.uiTimeStamp = milliseconds;
  e->info.iLayerNum = 0;
  if (key)
    (*e->codec)->ForceIntraFrame(e->codec, true);
  r.rc = (*e->codec)->EncodeFrame(e->codec, &pic, &e->info);
  if (r.rc != 0 || e->info.eFrameType == videoFrameTypeSkip || e->info.eFrameType == videoFrameTypeInvalid) {
    e->info.iLayerNum = 0;
    return r;
  }
  r.key = e->info.eFrameType == videoFrameTypeIDR;
  for (int i = 0; i < e->info.iLayerNum; i++)
    for (int n = 0; n < e->info.sLayerInfo[i].iNalCount; n++)
      r.size += e->info.sLayerInfo[i].pNalLengthInByte[n];
  return r;
}

void parley_h264_encoder_take(parley_h264_encoder *e, uint8_t *to) {
  for (int i = 0; i < e->info.iLayerNum; i++) {
    size_t size = 0;
    for (int n = 0; n < e->info.sLayerInfo[i].iNalCount; n++)
      size += e->info.sLayerInfo[i].pNalLengthInByte[n];
    memcpy(to, e->info.sLayerInfo[i].pBsBuf, size);
    to += size;
  }
}

void parley_h264_encoder_free(parley_h264_encoder *e) {
  (*e->codec)->Uninitialize(e->codec);
  WelsDestroySVCEncoder(e->codec);
  free(e);
}
