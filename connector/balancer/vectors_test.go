package balancer_test

import (
	"math"
	"testing"

	"parley/connector/balancer"
	"parley/connector/internal/vectors"
)

func num(value any) float64 {
	switch v := value.(type) {
	case float64:
		return v
	case map[string]any:
		switch v["$number"] {
		case "+Inf":
			return math.Inf(1)
		case "-Inf":
			return math.Inf(-1)
		}
		return math.NaN()
	}
	return 0
}

func size(value any) balancer.Size {
	m, _ := value.(map[string]any)
	return balancer.Size{Width: num(m["width"]), Height: num(m["height"])}
}

func limit(value any) *balancer.Size {
	if value == nil {
		return nil
	}
	s := size(value)
	return &s
}

func text(c vectors.Case, name string) string { s, _ := c[name].(string); return s }

func encodings(value any) []balancer.Encoding {
	if value == nil {
		return nil
	}
	return vectors.Decode[[]balancer.Encoding](value)
}

// close compares with the reference's arithmetic, which rounds differently in the last place.
func near(what string, got float64, want any) string {
	if w := num(want); math.Abs(got-w) > 1e-9*math.Max(1, math.Abs(w)) || w != w {
		return vectors.Diff(what, got, want)
	}
	return ""
}

func command(value any) balancer.Command {
	h, _ := value.(map[string]any)
	name, _ := h["mainCam"].(string)
	resolution, _ := h["resolutionMainCam"].(string)
	return balancer.Command{Name: name, Resolution: resolution}
}

func decide(c vectors.Case, cmd balancer.Command) string {
	if _, ok := c["note"]; ok { // no sender of video
		return vectors.Diff("calls", []any{}, c["calls"])
	}
	codec := text(c, "codec")
	calls := c["calls"].([]any)
	var ignore *string
	if s, ok := c["ignoreForCodec"].(string); ok {
		ignore = &s
	}
	if balancer.Ignored(codec, ignore) || !cmd.Valid() {
		return vectors.Diff("calls", []any{}, calls)
	}
	if len(calls) != 1 {
		return vectors.Diff("calls", 1, len(calls))
	}
	e := balancer.Decide(size(c["track"]), codec, limit(c["maxResolution"]), cmd)
	want := calls[0].(map[string]any)
	return vectors.First(near("calls: scale", *e.ScaleDown, want["scaleResolutionDownBy"]), near("calls: bitrate", *e.MaxBitrate, want["maxBitrate"]))
}

// The facts about bitrates, scales and encodings.
func TestVideoSendingVectors(t *testing.T) {
	vectors.Run(t, "video-sending", map[string]func(*testing.T, vectors.Case) string{
		"calcMaxBitrateByWidthAndCodec": func(_ *testing.T, c vectors.Case) string {
			return near("bitrate", balancer.MaxBitrate(num(c["width"]), text(c, "codec")), c["result"])
		},
		"getMinimumBitrate": func(_ *testing.T, c vectors.Case) string {
			return near("bitrate", balancer.LowestBitrate(text(c, "codec")), c["result"])
		},
		"getMaximumBitrate": func(_ *testing.T, c vectors.Case) string {
			return near("bitrate", balancer.HighestBitrate(text(c, "codec")), c["result"])
		},
		"calcScaleResolutionDownBy": func(_ *testing.T, c vectors.Case) string {
			return near("scale", balancer.ScaleDown(size(c["track"]), size(c["target"])), c["result"])
		},
		"resolveSendEncodings": func(_ *testing.T, c vectors.Case) string {
			got := balancer.Limit(size(c["track"]), encodings(c["sendEncodings"]), limit(c["maxResolution"]))
			return vectors.Diff("encodings", got, c["result"])
		},
		"senderBalancer.balance": func(_ *testing.T, c vectors.Case) string { return decide(c, command(c["headers"])) },
		"senderBalancer.reset":   func(_ *testing.T, c vectors.Case) string { return decide(c, balancer.Command{}) },
		"setParametersToSender": func(_ *testing.T, c vectors.Case) string {
			current, target := c["current"].(map[string]any), c["target"].(map[string]any)
			have := encodings(current["encodings"])
			merged := balancer.Merge(have, encodings(target["encodings"]), c["isResetAllowed"] == true)
			changed := current["encodings"] == nil || !balancer.EqualEncodings(have, merged) ||
				current["degradationPreference"] != target["degradationPreference"]
			return vectors.First(vectors.Diff("changed", changed, c["isChanged"]),
				vectors.Diff("encodings", merged, c["resultEncodings"]))
		},
	})
}
