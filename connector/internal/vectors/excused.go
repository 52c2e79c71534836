package vectors

import "strings"

// Excuse names cases in which Parley differs from the reference on purpose, with the point of
// docs/conformance-differences.md.
type Excuse struct {
	File  string
	Point int
	Why   string
	Match func(c Case) bool
	// Right puts what is right in place of what the reference does, in a copy of the case. The case must then be met in
	// everything, so that it is excused from the point's own field alone.
	Right func(c Case)
}

// Excuses is the one list of them.
var Excuses = []Excuse{
	{File: "api-manager", Point: 19, Why: "content types with leading blanks or parameters are read, not ignored",
		Match: func(c Case) bool {
			kind := text(object(c["headers"])["content-type"])
			return kind != strings.TrimSpace(kind) && strings.TrimSpace(kind) != "" || strings.Contains(kind, ";")
		}, Right: contentTypeRead},
	{File: "api-manager", Point: 2, Why: "a tone's promise settles even when the other side's tone comes first",
		Match: func(c Case) bool { return c["mode"] == "remote then local" }, Right: toneSettles},
	{File: "video-sending", Point: 14, Why: "a side without a size does not count; the reference computes NaN or infinity",
		Match: func(c Case) bool { return c["fn"] == "calcScaleResolutionDownBy" && notFinite(c["result"]) }, Right: scaleRight},
	{File: "video-sending", Point: 14, Why: "a resolution that is none is ignored; the reference computes NaN or infinity",
		Match: func(c Case) bool {
			return strings.HasPrefix(c.Kind(), "senderBalancer") && isNoResolution(object(c["headers"]))
		}, Right: cameraCommand},
	{File: "video-balancer-scenarios", Point: 14, Why: "a resolution that is none is ignored",
		Match: func(c Case) bool {
			return anyStep(c, func(step []any) bool {
				return step[0] == "control" && len(step) > 1 && isNoResolution(object(step[1]))
			})
		}, Right: cameraIgnored},
	{File: "video-balancer-scenarios", Point: 17, Why: "recv-quality-changed does not end balancing for ever",
		Match: func(c Case) bool {
			return anyStep(c, func(step []any) bool { return len(step) > 1 && step[1] == "recv-quality-changed" })
		}, Right: balancingGoesOn},
	{File: "policies", Point: 14, Why: "an option that is not set takes its default; the reference computes NaN",
		Match: func(c Case) bool {
			options, given := c["options"].(map[string]any)
			return given && len(options) == 0
		}, Right: retryDefaults},
	{File: "stats-and-health", Point: 12, Why: "one failed collection does not stop statistics",
		Match: func(c Case) bool {
			for _, step := range list(c["collectDurationsMs"]) {
				if step == "reject" || step == "nopc" {
					return true
				}
			}
			return false
		}, Right: statsGoOn},
	{File: "stats-and-health", Point: 13, Why: "another reason ends the first problem, and that is told",
		Match: func(c Case) bool { return c["kind"] == "health-monitor" }, Right: problemResolved},
	{File: "remote-streams", Point: 16, Why: "entering and leaving the spectator role changes the streams, and that is told",
		Match: func(c Case) bool { return c["kind"] == "call-manager-streams" }, Right: rolesTold},
	{File: "machine-call", Point: 9, Why: "the reference takes an answerer in a room for the initiator",
		Match: func(c Case) bool { return object(object(c["contextAfter"])["raw"])["answer"] == true }, Right: initiator},
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
	for _, s := range list(c["steps"]) {
		if step, ok := s.([]any); ok && len(step) > 0 && match(step) {
			return true
		}
	}
	return false
}

// notFinite tells the vectors' writing of NaN and the infinities.
func notFinite(value any) bool {
	m, ok := value.(map[string]any)
	return ok && m["$number"] != nil
}
