package vectors

import "strings"

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

func nameContains(part string) func(Case) bool {
	return func(c Case) bool {
		name, _ := c["name"].(string)
		return strings.Contains(name, part)
	}
}
