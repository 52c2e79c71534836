package vectors

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Learn replays the scenarios of a file that shows how the reference behaves without binding us. A handler returns what
// differs, "" when nothing does; kinds without one are left out. A scenario that differs must be one of Differences; in
// another folder of vectors than our own that is counted only, for the file binds nobody.
func Learn(t *testing.T, name string, handlers map[string]func(t *testing.T, c Case) string) {
	t.Helper()
	file := Load(t, name)
	replayed, same, meant, other := 0, 0, 0, 0
	for _, c := range file.Cases {
		handler, known := handlers[c.Kind()]
		if !known {
			continue
		}
		replayed++
		diff := handler(t, c)
		switch {
		case diff == "":
			same++
		case DifferenceFor(name, c, diff) != nil:
			meant++
		default:
			other++
			message := fmt.Sprintf("%s %q: %s", c.ID(), c["name"], diff)
			if os.Getenv("PARLEY_VECTORS") == "" {
				t.Error(message)
			} else {
				t.Log(message)
			}
		}
	}
	t.Logf("%s: %d of %d scenarios, %d the same, %d otherwise on purpose, %d otherwise", name, replayed, len(file.Cases), same,
		meant, other)
	if replayed == 0 {
		t.Errorf("%s: no scenario", name)
	}
}

// Difference is a way in which scenarios of a file that does not bind us go otherwise with us on purpose.
type Difference struct {
	File string
	// Point of docs/conformance-differences.md; 0: the outcome is the same, and the way to it is ours.
	Point int
	Why   string
	Match func(c Case, diff string) bool
}

// DifferenceFor finds why a scenario may differ, nil when it may not.
func DifferenceFor(file string, c Case, diff string) *Difference {
	for i := range Differences {
		if d := &Differences[i]; d.File == file && d.Match(c, diff) {
			return d
		}
	}
	return nil
}

// Differences is the one list of them.
var Differences = []Difference{
	{"connection", 0, "what a step or an option does is nothing of ours", func(_ Case, diff string) bool {
		return strings.HasSuffix(diff, "has no counterpart")
	}},
	{"connection", 1, "a second try that succeeds leaves the connection established and configured", func(c Case, diff string) bool {
		return named(c, "1006 twice then connected", "1006 once with registration") && strings.HasPrefix(diff, "events:")
	}},
	{"connection", 0, "a connect that failed leaves the connection disconnected, as its event says (spec connector 2)",
		func(_ Case, diff string) bool {
			return diff == `state: got "connection:disconnected", want "connection:idle"`
		}},
	{"connection", 0, "a telephony check that is not answered comes to its end", func(c Case, _ string) bool {
		return named(c, "checkTelephony hangs")
	}},
	{"connection", 0, "a guest's user agent is given no password", func(c Case, diff string) bool {
		parameters, _ := c["parameters"].(map[string]any)
		return c["kind"] == "create-configuration" && parameters["register"] != true && parameters["password"] != nil
	}},
	{"connection", 0, "a blank user cannot register", func(c Case, _ string) bool { return named(c, "user blank") }},
	{"connection", 0, "a connect that was cancelled has not failed (spec connector 2)", func(c Case, _ string) bool {
		return named(c, "disconnect while", "disconnect between attempts", "connect twice without waiting")
	}},
	{"presentation-flows", 0, "what a step or an option does is nothing of ours", func(_ Case, diff string) bool {
		return strings.HasSuffix(diff, "has no counterpart")
	}},
	{"presentation-flows", 10, "a start that is refused says failed, with the true reason", func(c Case, _ string) bool {
		return named(c, "permission declined", "other send error", "stop between repeated calls")
	}},
	{"presentation-flows", 10, "a stop wins over a pending start, and only one start runs at a time", func(c Case, _ string) bool {
		return named(c, "stop during reinvite", "cancel while waiting", "pending on permission", "pending on reinvite", "must-stop while starting")
	}},
	{"presentation-flows", 11, "the end of a call ends the presentation, and that is told", func(c Case, _ string) bool {
		return hasStep(c, "call.ended") || hasStep(c, "call.failed")
	}},
	{"presentation-flows", 11, "a stop ends the presentation, whatever the server says to it", func(c Case, _ string) bool {
		return named(c, "stop info failing", "stop info fails")
	}},
	{"presentation-flows", 0, "an update that fails leaves what is presented", func(c Case, _ string) bool {
		return named(c, "update track failing")
	}},
	{"connect-and-call-scenarios", 0, "what a step does is no operation of ours", func(_ Case, diff string) bool {
		return strings.HasSuffix(diff, "has no counterpart")
	}},
	{"connect-and-call-scenarios", 0, "parameters that cannot be used are a failure, not a change of mind", func(c Case, _ string) bool {
		return named(c, "error notReady")
	}},
	{"connect-and-call-scenarios", 0, "without a session there is nothing to clean up, and a closed one may be followed by another",
		func(c Case, _ string) bool { return named(c, "before start", "when closed") }},
	{"connect-and-call-scenarios", 0, "a first call that does not come about has failed, and is not completed",
		func(c Case, _ string) bool { return named(c, "finish classified while calling") }},
	{"connect-and-call-scenarios", 6, "a failed attempt does not close the session; the limit does", func(c Case, _ string) bool {
		return named(c, "failed attempt classified finish")
	}},
	{"auto-connector", 0, "what a step or an option does is nothing of ours", func(_ Case, diff string) bool {
		return strings.HasSuffix(diff, "has no counterpart")
	}},
	{"auto-connector", 0, "a connect that somebody else cancelled ends the attempts (spec connector 3)", func(c Case, _ string) bool {
		return hasStep(c, "connect.reject", "canceledPromise")
	}},
	{"auto-connector", 0, "what is idle stays idle without a word", func(c Case, diff string) bool {
		return named(c, " in idle") && strings.HasPrefix(diff, "states:")
	}},
	{"auto-connector", 2, "a start that a stop ends, or the network's loss, is told so", func(_ Case, diff string) bool {
		return strings.HasPrefix(diff, "ends:\n  + start#1 cancelled-attempts")
	}},
	{"auto-connector", 0, "a disconnect always comes to its end", func(c Case, _ string) bool { return hasStep(c, "disconnect.reject") }},
	{"auto-connector", 0, "one disconnect serves a restart and the stop that follows", func(c Case, _ string) bool {
		return named(c, "stop in disconnecting(restart)", "stop twice in disconnecting(restart)")
	}},
	{"auto-connector", 4, "a registration that fails outside a call reconnects at once", func(c Case, _ string) bool {
		return hasStep(c, "connectionEvent", "registrationFailed")
	}},
	{"auto-connector", 0, "refused credentials stay refused, whatever the network does", func(c Case, _ string) bool {
		return named(c, "in errorTerminal") && (hasStep(c, "net.online") || hasStep(c, "net.change"))
	}},
	{"call-reconnect", 0, "what a step does is no operation of ours", func(_ Case, diff string) bool {
		return strings.HasSuffix(diff, "has no counterpart")
	}},
	{"call-reconnect", 0, "delays are whole milliseconds, and none takes no time", func(c Case, _ string) bool {
		return named(c, "random 0", "0.999")
	}},
	{"call-reconnect", 0, "what counts as a network failure and what is tried again is not for the caller to say",
		func(c Case, _ string) bool { return named(c, "canRetryOnError", "custom isNetworkFailure") }},
	{"call-reconnect", 0, "an attempt that was cancelled elsewhere failed, as any other; an end is an error",
		func(c Case, _ string) bool {
			return hasStep(c, "startCall.reject", "canceledPromise") || named(c, "EndEvent-like")
		}},
	{"call-reconnect", 7, "only a guest's call can be made while nothing is registered", func(c Case, _ string) bool {
		return hasStep(c, "conn", "connected") && !hasStep(c, "conn", "registered")
	}},
	{"call-reconnect", 7, "cancelling says so, and what waited for signalling is armed again", func(c Case, _ string) bool {
		return hasStep(c, "cancelCurrentAttempt")
	}},
	{"call-reconnect", 0, "hanging up while a call is restored gives it up", func(c Case, _ string) bool {
		return hasStep(c, "call.end-call")
	}},
	{"call-reconnect", 0, "what is idle stays idle without a word", func(c Case, diff string) bool {
		return named(c, " in idle") && diff == `states: got null, want ["idle"]`
	}},
}

// Lines compares two sorted lists of lines and names those that are in one only.
func Lines(what string, got, want []string) string {
	var diff []string
	for i, j := 0, 0; i < len(got) || j < len(want); {
		switch {
		case j == len(want) || i < len(got) && got[i] < want[j]:
			diff = append(diff, "+ "+got[i])
			i++
		case i == len(got) || got[i] > want[j]:
			diff = append(diff, "- "+want[j])
			j++
		default:
			i, j = i+1, j+1
		}
	}
	if diff == nil {
		return ""
	}
	return what + ":\n  " + strings.Join(diff, "\n  ")
}

// hasStep tells whether a scenario takes a step of that name, with these arguments when there are any.
func hasStep(c Case, name string, args ...any) bool {
	return anyStep(c, func(step []any) bool {
		if step[0] != name || len(step) <= len(args) {
			return false
		}
		for i, arg := range args {
			if step[i+1] != arg {
				return false
			}
		}
		return true
	})
}

// named tells whether a scenario's name says one of these things.
func named(c Case, words ...string) bool {
	name, _ := c["name"].(string)
	for _, word := range words {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}
