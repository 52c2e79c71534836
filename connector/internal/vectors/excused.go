package vectors

import (
	"regexp"
	"strings"
)

// Excuse names cases in which Parley differs from the reference on purpose, with the point of
// docs/conformance-differences.md.
type Excuse struct {
	File  string
	Point int
	Why   string
	// Diff is how the only difference must begin; a case that differs elsewhere too is not excused.
	Diff  string
	Match func(c Case) bool
}

// Excuses is the one list of them.
var Excuses = []Excuse{
	{File: "api-manager", Point: 19, Diff: "emitted:",
		Why: "content types with leading blanks or parameters are read, not ignored",
		Match: func(c Case) bool {
			headers, _ := c["headers"].(map[string]any)
			kind, _ := headers["content-type"].(string)
			return kind != strings.TrimSpace(kind) && strings.TrimSpace(kind) != "" || strings.Contains(kind, ";")
		}},
	{File: "api-manager", Point: 2, Diff: "log:",
		Why:   "a tone's promise settles even when the other side's tone comes first",
		Match: func(c Case) bool { return c["mode"] == "remote then local" }},
	{File: "video-sending", Point: 14, Diff: "scale:",
		Why:   "a side without a size does not count; the reference computes NaN or infinity",
		Match: func(c Case) bool { return notFinite(c["result"]) }},
	{File: "video-sending", Point: 14, Diff: "calls",
		Why: "a resolution that is none is ignored; the reference computes NaN or infinity",
		Match: func(c Case) bool {
			calls, _ := c["calls"].([]any)
			for _, call := range calls {
				if e, _ := call.(map[string]any); notFinite(e["scaleResolutionDownBy"]) {
					return true
				}
			}
			headers, _ := c["headers"].(map[string]any)
			resolution, told := headers["resolutionMainCam"].(string)
			return headers["mainCam"] == "MAXMAINCAMRESOLUTION" && told && !resolutionText.MatchString(resolution)
		}},
	{File: "video-balancer-scenarios", Point: 14, Diff: "timeline:",
		Why: "a resolution that is none is ignored",
		Match: func(c Case) bool {
			return anyStep(c, func(step []any) bool {
				if step[0] != "control" || len(step) < 2 {
					return false
				}
				headers, _ := step[1].(map[string]any)
				resolution, told := headers["resolutionMainCam"].(string)
				return told && !resolutionText.MatchString(resolution)
			})
		}},
	{File: "video-balancer-scenarios", Point: 17, Diff: "timeline:",
		Why: "recv-quality-changed does not end balancing for ever",
		Match: func(c Case) bool {
			return anyStep(c, func(step []any) bool { return len(step) > 1 && step[1] == "recv-quality-changed" })
		}},
	{File: "policies", Point: 14, Diff: "decision:",
		Why: "an option that is not set takes its default; the reference computes NaN",
		Match: func(c Case) bool {
			options, given := c["options"].(map[string]any)
			return given && len(options) == 0
		}},
	{File: "stats-and-health", Point: 12, Diff: "timeline:",
		Why: "one failed collection does not stop statistics",
		Match: func(c Case) bool {
			plan, _ := c["collectDurationsMs"].([]any)
			for _, step := range plan {
				if step == "reject" || step == "nopc" {
					return true
				}
			}
			return false
		}},
	{File: "stats-and-health", Point: 13, Diff: "emitted",
		Why: "another reason ends the first problem, and that is told",
		Match: func(c Case) bool {
			name, _ := c["name"].(string)
			return c["kind"] == "health-monitor" && strings.HasPrefix(name, "reason switch after detection")
		}},
	{File: "remote-streams", Point: 16, Diff: "emitted:",
		Why: "entering and leaving the spectator role changes the streams, and that is told",
		Match: func(c Case) bool {
			steps, _ := c["steps"].([]any)
			for _, s := range steps {
				step, _ := s.(map[string]any)
				if op, _ := step["step"].([]any); c["kind"] == "call-manager-streams" && len(op) > 0 &&
					(op[0] == "spectator" || op[0] == "participant") {
					return true
				}
			}
			return false
		}},
	{File: "machine-call", Point: 9, Diff: "initiator:",
		Why: "the reference takes an answerer in a room for the initiator",
		Match: func(c Case) bool {
			after, _ := c["contextAfter"].(map[string]any)
			raw, _ := after["raw"].(map[string]any)
			return raw["answer"] == true
		}},
}

// ExcuseFor finds the excuse of a case, nil when there is none.
func ExcuseFor(file string, c Case) *Excuse {
	for i := range Excuses {
		e := &Excuses[i]
		if e.File == file && e.Match(c) {
			return e
		}
	}
	return nil
}

// anyStep looks for a step in a scenario.
func anyStep(c Case, match func(step []any) bool) bool {
	steps, _ := c["steps"].([]any)
	for _, s := range steps {
		if step, ok := s.([]any); ok && len(step) > 0 && match(step) {
			return true
		}
	}
	return false
}

// resolutionText is what the reference reads as a resolution.
var resolutionText = regexp.MustCompile(`^\s*[1-9]\d*\s*x\s*[1-9]\d*`)

// notFinite tells the vectors' writing of NaN and the infinities.
func notFinite(value any) bool {
	m, ok := value.(map[string]any)
	return ok && m["$number"] != nil
}
