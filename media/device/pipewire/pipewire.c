//go:build linux

#include "pipewire.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pipewire/pipewire.h>
#include <spa/param/buffers.h>
#include <spa/param/video/format-utils.h>

// The library is loaded when it is needed, so that Parley starts where there is none.
#define FUNCTIONS(X) \
	X(pw_init) X(pw_thread_loop_new) X(pw_thread_loop_start) X(pw_thread_loop_stop) X(pw_thread_loop_destroy) \
	X(pw_thread_loop_lock) X(pw_thread_loop_unlock) X(pw_thread_loop_get_loop) X(pw_context_new) X(pw_context_destroy) \
	X(pw_context_connect_fd) X(pw_core_disconnect) X(pw_stream_new) X(pw_stream_add_listener) X(pw_stream_connect) \
	X(pw_stream_dequeue_buffer) X(pw_stream_queue_buffer) X(pw_stream_update_params) X(pw_stream_destroy) X(pw_properties_new)

static struct {
#define X(name) __typeof__(name) *name;
	FUNCTIONS(X)
#undef X
} pw;

static pthread_once_t loaded = PTHREAD_ONCE_INIT;
static const char *load_error;

static void load(void) {
	void *library = dlopen("libpipewire-0.3.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		load_error = "the library libpipewire-0.3 is not installed";
		return;
	}
#define X(name) \
	if (!(pw.name = (__typeof__(name) *)dlsym(library, #name))) { \
		load_error = "the library libpipewire-0.3 lacks " #name; \
		return; \
	}
	FUNCTIONS(X)
#undef X
	pw.pw_init(NULL, NULL);
}

const char *parley_load(void) {
	pthread_once(&loaded, load);
	return load_error;
}

// MAX_SIDE bounds a picture, pixels.
#define MAX_SIDE 16384

struct parley_stream {
	struct pw_thread_loop *loop;
	struct pw_context *context;
	struct pw_core *core;
	struct spa_hook core_hook, stream_hook;
	struct pw_stream *stream;

	struct spa_video_info_raw format; // the loop's

	pthread_mutex_t mutex; // of what follows
	int state;
	char error[256];
	uint64_t pictures;
	uint8_t *pixels;
	size_t room;
	int width, height;
};

static void ended(parley_stream *s, const char *why) {
	pthread_mutex_lock(&s->mutex);
	if (s->state != PARLEY_ENDED) {
		s->state = PARLEY_ENDED;
		snprintf(s->error, sizeof s->error, "%s", why ? why : "the stream ended");
	}
	pthread_mutex_unlock(&s->mutex);
}

static void on_core_error(void *data, uint32_t id, int seq, int res, const char *message) {
	(void)seq;
	(void)res;
	if (id == PW_ID_CORE)
		ended(data, message);
}

static const struct pw_core_events core_events = { PW_VERSION_CORE_EVENTS, .error = on_core_error };

static void on_state_changed(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error) {
	parley_stream *s = data;
	if (state == PW_STREAM_STATE_ERROR)
		ended(s, error);
	else if (state == PW_STREAM_STATE_UNCONNECTED && old != PW_STREAM_STATE_UNCONNECTED)
		ended(s, "what was shared is gone");
}

static void on_param_changed(void *data, uint32_t id, const struct spa_pod *param) {
	parley_stream *s = data;
	uint32_t type, subtype;
	if (!param || id != SPA_PARAM_Format)
		return;
	if (spa_format_parse(param, &type, &subtype) < 0 || type != SPA_MEDIA_TYPE_video || subtype != SPA_MEDIA_SUBTYPE_raw)
		return;
	if (spa_format_video_raw_parse(param, &s->format) < 0)
		return;
	// Memory that can be read as it is, not the graphics card's; and which part of it is the picture.
	uint8_t buffer[512];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(buffer, sizeof buffer);
	const struct spa_pod *params[2];
	params[0] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers,
		SPA_PARAM_BUFFERS_buffers, SPA_POD_CHOICE_RANGE_Int(4, 2, 8),
		SPA_PARAM_BUFFERS_dataType, SPA_POD_CHOICE_FLAGS_Int((1 << SPA_DATA_MemPtr) | (1 << SPA_DATA_MemFd)));
	params[1] = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
		SPA_PARAM_META_type, SPA_POD_Id(SPA_META_VideoCrop),
		SPA_PARAM_META_size, SPA_POD_Int(sizeof(struct spa_meta_region)));
	pw.pw_stream_update_params(s->stream, params, 2);
}

// keep copies a picture, its rows without padding and in our order of colours.
static void keep(parley_stream *s, const uint8_t *from, int stride, int width, int height, int swap) {
	size_t size = (size_t)width * height * 4;
	pthread_mutex_lock(&s->mutex);
	if (s->room < size) {
		free(s->pixels);
		s->pixels = malloc(size);
		s->room = s->pixels ? size : 0;
	}
	if (s->pixels) {
		for (int y = 0; y < height; y++) {
			const uint8_t *in = from + (ptrdiff_t)y * stride;
			uint8_t *out = s->pixels + (size_t)y * width * 4;
			if (!swap) {
				memcpy(out, in, (size_t)width * 4);
				continue;
			}
			for (int x = 0; x < width; x++, in += 4, out += 4) {
				out[0] = in[2];
				out[1] = in[1];
				out[2] = in[0];
				out[3] = in[3];
			}
		}
		s->width = width;
		s->height = height;
		s->pictures++;
		if (s->state == PARLEY_WAITING)
			s->state = PARLEY_FLOWS;
	}
	pthread_mutex_unlock(&s->mutex);
}

static void take_buffer(parley_stream *s, struct spa_buffer *b) {
	if (b->n_datas < 1 || !b->datas[0].data || !b->datas[0].chunk)
		return;
	struct spa_data *d = &b->datas[0];
	if (d->maxsize == 0 || d->chunk->size == 0 || d->chunk->flags & SPA_CHUNK_FLAG_CORRUPTED)
		return; // only the mouse pointer moved
	int64_t width = s->format.size.width, height = s->format.size.height, stride = d->chunk->stride;
	if (stride == 0)
		stride = width * 4;
	int64_t left = 0, top = 0, w = width, h = height;
	struct spa_meta_region *crop = spa_buffer_find_meta_data(b, SPA_META_VideoCrop, sizeof *crop);
	if (crop && spa_meta_region_is_valid(crop)) {
		left = crop->region.position.x;
		top = crop->region.position.y;
		w = crop->region.size.width;
		h = crop->region.size.height;
	}
	// Nothing of what another program says is believed before it fits its memory.
	if (left < 0 || top < 0 || w < 2 || h < 2 || left + w > width || top + h > height || width > MAX_SIDE ||
	    height > MAX_SIDE || stride < width * 4)
		return;
	uint64_t offset = d->chunk->offset % d->maxsize;
	if (offset + (uint64_t)stride * (height - 1) + (uint64_t)width * 4 > d->maxsize)
		return;
	int swap = s->format.format == SPA_VIDEO_FORMAT_RGBx || s->format.format == SPA_VIDEO_FORMAT_RGBA;
	keep(s, (const uint8_t *)d->data + offset + top * stride + left * 4, (int)stride, (int)(w & ~1), (int)(h & ~1), swap);
}

static void on_process(void *data) {
	parley_stream *s = data;
	struct pw_buffer *newest = NULL, *b;
	while ((b = pw.pw_stream_dequeue_buffer(s->stream))) { // those before the newest are old
		if (newest)
			pw.pw_stream_queue_buffer(s->stream, newest);
		newest = b;
	}
	if (!newest)
		return;
	take_buffer(s, newest->buffer);
	pw.pw_stream_queue_buffer(s->stream, newest);
}

static const struct pw_stream_events stream_events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = on_state_changed,
	.param_changed = on_param_changed,
	.process = on_process,
};

static int connect_stream(parley_stream *s, uint32_t node) {
	struct pw_properties *props = pw.pw_properties_new(PW_KEY_MEDIA_TYPE, "Video", PW_KEY_MEDIA_CATEGORY, "Capture",
		PW_KEY_MEDIA_ROLE, "Screen", PW_KEY_NODE_NAME, "parley-screen", NULL);
	if (!props || !(s->stream = pw.pw_stream_new(s->core, "Parley", props)))
		return -1;
	pw.pw_stream_add_listener(s->stream, &s->stream_hook, &stream_events, s);
	uint8_t buffer[1024];
	struct spa_pod_builder b = SPA_POD_BUILDER_INIT(buffer, sizeof buffer);
	const struct spa_pod *format = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat,
		SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video),
		SPA_FORMAT_mediaSubtype, SPA_POD_Id(SPA_MEDIA_SUBTYPE_raw),
		SPA_FORMAT_VIDEO_format, SPA_POD_CHOICE_ENUM_Id(5, SPA_VIDEO_FORMAT_BGRx, SPA_VIDEO_FORMAT_BGRx,
			SPA_VIDEO_FORMAT_BGRA, SPA_VIDEO_FORMAT_RGBx, SPA_VIDEO_FORMAT_RGBA),
		SPA_FORMAT_VIDEO_size, SPA_POD_CHOICE_RANGE_Rectangle(&SPA_RECTANGLE(1920, 1080), &SPA_RECTANGLE(1, 1),
			&SPA_RECTANGLE(MAX_SIDE, MAX_SIDE)),
		SPA_FORMAT_VIDEO_framerate, SPA_POD_CHOICE_RANGE_Fraction(&SPA_FRACTION(30, 1), &SPA_FRACTION(0, 1),
			&SPA_FRACTION(60, 1)));
	return pw.pw_stream_connect(s->stream, PW_DIRECTION_INPUT, node, PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS,
		&format, 1);
}

static int start(parley_stream *s, int fd, uint32_t node) {
	if (!(s->loop = pw.pw_thread_loop_new("parley-screen", NULL)) ||
	    !(s->context = pw.pw_context_new(pw.pw_thread_loop_get_loop(s->loop), NULL, 0)) ||
	    pw.pw_thread_loop_start(s->loop) < 0) {
		close(fd);
		return -1;
	}
	pw.pw_thread_loop_lock(s->loop);
	int result = -1;
	if ((s->core = pw.pw_context_connect_fd(s->context, fd, NULL, 0))) { // takes fd, also when it fails
		pw_core_add_listener(s->core, &s->core_hook, &core_events, s);
		result = connect_stream(s, node);
	}
	pw.pw_thread_loop_unlock(s->loop);
	return result;
}

parley_stream *parley_open(int fd, uint32_t node) {
	if (parley_load()) {
		close(fd);
		return NULL;
	}
	parley_stream *s = calloc(1, sizeof *s);
	if (!s) {
		close(fd);
		return NULL;
	}
	pthread_mutex_init(&s->mutex, NULL);
	if (start(s, fd, node) < 0) {
		parley_close(s);
		return NULL;
	}
	return s;
}

int parley_state(parley_stream *s, uint64_t *pictures) {
	pthread_mutex_lock(&s->mutex);
	int state = s->state;
	*pictures = s->pictures;
	pthread_mutex_unlock(&s->mutex);
	return state;
}

void parley_error(parley_stream *s, char *text, size_t size) {
	pthread_mutex_lock(&s->mutex);
	snprintf(text, size, "%s", s->error);
	pthread_mutex_unlock(&s->mutex);
}

int parley_size(parley_stream *s, int *width, int *height) {
	pthread_mutex_lock(&s->mutex);
	*width = s->width;
	*height = s->height;
	pthread_mutex_unlock(&s->mutex);
	return *width > 0;
}

int parley_take(parley_stream *s, uint8_t *to, int width, int height) {
	pthread_mutex_lock(&s->mutex);
	int fits = s->width == width && s->height == height && s->pixels;
	if (fits)
		memcpy(to, s->pixels, (size_t)width * height * 4);
	pthread_mutex_unlock(&s->mutex);
	return fits;
}

void parley_close(parley_stream *s) {
	if (s->loop)
		pw.pw_thread_loop_stop(s->loop);
	if (s->stream)
		pw.pw_stream_destroy(s->stream);
	if (s->core)
		pw.pw_core_disconnect(s->core);
	if (s->context)
		pw.pw_context_destroy(s->context);
	if (s->loop)
		pw.pw_thread_loop_destroy(s->loop);
	pthread_mutex_destroy(&s->mutex);
	free(s->pixels);
	free(s);
}
