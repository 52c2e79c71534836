package probe

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"parley/app/problem"
)

// Step of the way to a server, and in it.
type Step string

// The steps, in order.
const (
	StepDNS          Step = "DNS"
	StepTCP          Step = "TCP"
	StepTLS          Step = "TLS"
	StepParameters   Step = "parameters"
	StepWebSocket    Step = "WebSocket"
	StepOptions      Step = "SIP OPTIONS"
	StepRegistration Step = "registration"
	StepSTUN         Step = "STUN"
	StepTURN         Step = "TURN"
)

// Status of a step.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Warning Status = "warning" // it works, and something should be looked at
	Failed  Status = "failed"
	Skipped Status = "skipped" // there was nothing to check, or an earlier step failed
)

// Milliseconds encode to JSON as a number with three places.
type Milliseconds time.Duration

// MarshalJSON implements json.Marshaler.
func (m Milliseconds) MarshalJSON() ([]byte, error) {
	return json.Marshal(math.Round(float64(m)/1e3) / 1e3)
}

// Result of one step.
type Result struct {
	Step   Step         `json:"step"`
	Target string       `json:"target,omitempty"` // host:port or URL
	Status Status       `json:"status"`
	Took   Milliseconds `json:"ms"`
	Detail string       `json:"detail,omitempty"` // what was found
	Why    string       `json:"why,omitempty"`    // what is wrong
	Fix    string       `json:"fix,omitempty"`    // what to do
}

// String is the line for people.
func (r Result) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "%-8s %-12s", r.Status, r.Step)
	if r.Target != "" {
		line.WriteString(" " + problem.Printable(r.Target))
	}
	if r.Status != Skipped {
		fmt.Fprintf(&line, " (%.1f ms)", float64(r.Took)/1e6)
	}
	separator := ": "
	for _, part := range []string{r.Detail, r.Why} {
		if part != "" {
			line.WriteString(separator + problem.Printable(part))
			separator = "; "
		}
	}
	if r.Fix != "" {
		line.WriteString(". " + problem.Printable(r.Fix))
	}
	return line.String()
}

// Writer returns a function that writes results to out, as lines for people or as one JSON object a line. The function's
// error is the first one of out.
func Writer(out io.Writer, asJSON bool) (report func(Result), failure func() error) {
	var failed error
	encoder := json.NewEncoder(out)
	return func(r Result) {
		var err error
		if asJSON {
			err = encoder.Encode(r)
		} else {
			_, err = fmt.Fprintln(out, r)
		}
		if failed == nil {
			failed = err
		}
	}, func() error { return failed }
}

// Verdict is nil when nothing failed, else a problem that names the first failure.
func Verdict(server string, results []Result) error {
	var first *Result
	failed := 0
	for i := range results {
		if results[i].Status == Failed {
			if first == nil {
				first = &results[i]
			}
			failed++
		}
	}
	if first == nil {
		return nil
	}
	return &problem.Problem{
		What: fmt.Sprintf("checking %s: %d of %d checks failed", server, failed, len(results)),
		Why:  "first " + string(first.Step) + ": " + problem.Printable(first.Why),
		Fix:  problem.Printable(first.Fix),
	}
}
