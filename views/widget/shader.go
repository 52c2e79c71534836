package widget

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"parley/media/video"
)

// shaderBody converts I420 (BT.601, limited range) to RGB. A plane comes as a texture whose texels hold four bytes that
// lie side by side, so the right one is picked here, and filtering between samples is done here too.
const shaderBody = `
uniform vec2 frame;
uniform vec4 bounds;
uniform sampler2D planeY;
uniform sampler2D planeU;
uniform sampler2D planeV;
uniform float width;
uniform float height;
uniform float texelsY;
uniform float texelsUV;
uniform float mirror;

float at(sampler2D plane, vec2 p, vec2 size, float texels) {
	p = clamp(p, vec2(0.0), size - 1.0);
	float t = floor(p.x / 4.0);
	float c = p.x - 4.0 * t;
	vec4 v = texture2D(plane, vec2((t + 0.5) / texels, (p.y + 0.5) / size.y));
	return c < 0.5 ? v.r : (c < 1.5 ? v.g : (c < 2.5 ? v.b : v.a));
}

float smoothAt(sampler2D plane, vec2 uv, vec2 size, float texels) {
	vec2 p = uv * size - 0.5;
	vec2 i = floor(p);
	vec2 f = p - i;
	float top = mix(at(plane, i, size, texels), at(plane, i + vec2(1.0, 0.0), size, texels), f.x);
	float low = mix(at(plane, i + vec2(0.0, 1.0), size, texels), at(plane, i + vec2(1.0, 1.0), size, texels), f.x);
	return mix(top, low, f.y);
}

void main() {
	vec2 p = vec2(gl_FragCoord.x - bounds.x, frame.y - gl_FragCoord.y - bounds.y);
	vec2 uv = p / vec2(bounds.z - bounds.x, bounds.w - bounds.y);
	if (mirror > 0.5) {
		uv.x = 1.0 - uv.x;
	}
	vec2 luma = vec2(width, height);
	vec2 chroma = floor((luma + 1.0) / 2.0);
	float y = 1.164384 * (smoothAt(planeY, uv, luma, texelsY) - 0.0627451);
	float u = smoothAt(planeU, uv, chroma, texelsUV) - 0.5019608;
	float v = smoothAt(planeV, uv, chroma, texelsUV) - 0.5019608;
	gl_FragColor = vec4(clamp(vec3(y + 1.596027 * v, y - 0.391762 * u - 0.812968 * v, y + 2.017232 * u), 0.0, 1.0), 1.0);
}
`

var (
	shaderSource   = []byte("#version 110\n" + shaderBody)
	shaderSourceES = []byte("#version 100\n#ifdef GL_FRAGMENT_PRECISION_HIGH\nprecision highp float;\n" +
		"#else\nprecision mediump float;\n#endif\n" + shaderBody)
)

// Names of the textures in the shader.
const (
	planeY = "planeY"
	planeU = "planeU"
	planeV = "planeV"
)

// planeSets is how many sets of image values take turns. Fyne uploads a texture when its image value is another one than at
// the last paint, so a value may come back only after a paint has seen another.
const planeSets = 4

// shaderSurface draws the planes of a frame on the GPU without touching them on the CPU.
type shaderSurface struct {
	shader         *canvas.Shader
	sets           [planeSets][3]image.RGBA
	next           int
	waiting, shown *video.Frame // retained
}

// newShaderSurface makes a surface. slot must be unique among the tiles of a window: Fyne keeps textures by that name.
func newShaderSurface(slot string, mirror bool) *shaderSurface {
	s := &shaderSurface{shader: canvas.NewShader("parley-video-"+slot, shaderSource, shaderSourceES)}
	s.shader.Textures = map[string]image.Image{}
	s.shader.Uniforms = map[string]float32{"mirror": 0}
	if mirror {
		s.shader.Uniforms["mirror"] = 1
	}
	s.shader.Hide()
	return s
}

func (s *shaderSurface) object() fyne.CanvasObject { return s.shader }

func (s *shaderSurface) prepare(f *video.Frame, _, _ int) bool {
	if f.Width < 2 || f.Height < 2 {
		return false
	}
	ready := f
	if aligned(f) {
		ready.Retain()
	} else if ready = realign(f); ready == nil {
		return false
	}
	if s.waiting != nil {
		s.waiting.Release()
	}
	s.waiting = ready
	return true
}

func (s *shaderSurface) swap() {
	f := s.waiting
	s.waiting = nil
	set := &s.sets[s.next]
	s.next = (s.next + 1) % planeSets
	ch := (f.Height + 1) / 2
	set[0] = plane(f.Y, f.StrideY, f.Height)
	set[1] = plane(f.U, f.StrideUV, ch)
	set[2] = plane(f.V, f.StrideUV, ch)
	s.shader.Textures[planeY], s.shader.Textures[planeU], s.shader.Textures[planeV] = &set[0], &set[1], &set[2]
	u := s.shader.Uniforms
	u["width"], u["height"] = float32(f.Width), float32(f.Height)
	u["texelsY"], u["texelsUV"] = float32(f.StrideY/4), float32(f.StrideUV/4)
	if s.shown != nil {
		s.shown.Release()
	}
	s.shown = f
	s.shader.Show()
	s.shader.Refresh()
}

func (s *shaderSurface) clear() {
	for _, f := range []*video.Frame{s.waiting, s.shown} {
		if f != nil {
			f.Release()
		}
	}
	s.waiting, s.shown = nil, nil
	clear(s.shader.Textures)
	s.shader.Hide()
}

func plane(pix []byte, stride, height int) image.RGBA {
	return image.RGBA{Pix: pix[:stride*height], Stride: stride, Rect: image.Rect(0, 0, stride/4, height)}
}

func aligned(f *video.Frame) bool {
	ch := (f.Height + 1) / 2
	return f.StrideY%4 == 0 && f.StrideUV%4 == 0 && f.StrideY >= f.Width && f.StrideUV >= (f.Width+1)/2 &&
		len(f.Y) >= f.StrideY*f.Height && len(f.U) >= f.StrideUV*ch && len(f.V) >= f.StrideUV*ch
}

// realign copies a frame of an odd width into one whose rows are whole texels. Rare sizes only: it allocates.
func realign(f *video.Frame) *video.Frame {
	if f.Check() != nil {
		return nil
	}
	out := video.NewFrame((f.Width+7)/8*8, f.Height)
	rows := func(dst, src []byte, dstStride, srcStride, width, height int) {
		for y := range height {
			copy(dst[y*dstStride:y*dstStride+width], src[y*srcStride:y*srcStride+width])
		}
	}
	cw, ch := (f.Width+1)/2, (f.Height+1)/2
	rows(out.Y, f.Y, out.StrideY, f.StrideY, f.Width, f.Height)
	rows(out.U, f.U, out.StrideUV, f.StrideUV, cw, ch)
	rows(out.V, f.V, out.StrideUV, f.StrideUV, cw, ch)
	out.Width = f.Width
	return out
}
