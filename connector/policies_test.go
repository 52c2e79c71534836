package connector_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/connector/autoconnect"
	"parley/connector/internal/vectors"
	"parley/connector/redial"
	"parley/connector/signal"
)

func textOf(v any) string    { s, _ := v.(string); return s }
func numberOf(v any) float64 { n, _ := v.(float64); return n }

func duration(v any) time.Duration { return time.Duration(numberOf(v) * float64(time.Millisecond)) }

func replayCoalescer(_ *testing.T, c vectors.Case) string {
	coalescer := autoconnect.Coalescer{Window: duration(c["windowMs"])}
	epoch := time.Unix(1_700_000_000, 0)
	for _, value := range c["steps"].([]any) {
		step := value.(map[string]any)
		if step["reset"] == true {
			coalescer.Reset()
			continue
		}
		d := coalescer.Ask(autoconnect.Reason(textOf(step["reason"])), epoch.Add(duration(step["at"])))
		got := map[string]any{"shouldRequest": d.Request, "generation": d.Generation, "currentPriority": d.Priority}
		if d.CoalescedBy != "" {
			got["coalescedBy"], got["coalescedByPriority"] = d.CoalescedBy, d.CoalescedByPriority
		}
		if diff := vectors.Diff("decision", got, step["decision"]); diff != "" {
			return diff
		}
	}
	return ""
}

func replayFailPolicy(_ *testing.T, c vectors.Case) string {
	policy := autoconnect.NewFailPolicy()
	if o, ok := c["options"].(map[string]any); ok {
		for name, value := range o {
			switch name {
			case "warningThreshold":
				policy.Warning = int(numberOf(value))
			case "criticalThreshold":
				policy.Critical = int(numberOf(value))
			case "baseRetryDelayMs":
				policy.BaseDelay = duration(value)
			case "maxRetryDelayMs":
				policy.MaxDelay = duration(value)
			default:
				return "unknown option " + name
			}
		}
	}
	epoch := time.Unix(1_700_000_000, 0)
	for _, value := range c["steps"].([]any) {
		step := value.(map[string]any)
		if step["reset"] == true {
			policy.Reset()
			continue
		}
		d := policy.Fail(epoch.Add(duration(step["at"])))
		got := map[string]any{"failCount": d.Count, "escalationLevel": d.Level, "hasEscalated": d.Escalated,
			"shouldRequestReconnect": d.Reconnect, "nextRetryDelayMs": d.NextDelay.Milliseconds()}
		if diff := vectors.Diff("decision", got, step["decision"]); diff != "" {
			return diff
		}
	}
	return ""
}

var limitText = regexp.MustCompile(`limit=(\d+)`)

func replayAttempts(_ *testing.T, c vectors.Case) string {
	var events []any
	a := autoconnect.Attempts{OnChanged: func(on bool) { events = append(events, map[string]any{"isInProgress": on}) }}
	if m := limitText.FindStringSubmatch(textOf(c["fn"])); m != nil {
		a.Limit, _ = strconv.Atoi(m[1])
	} else {
		a.Limit, a.Saturate = autoconnect.AttemptsLimit, true
	}
	for _, value := range c["steps"].([]any) {
		step := value.(map[string]any)
		events = []any{}
		op, times, _ := strings.Cut(textOf(step["op"]), "*")
		n := 1
		if times != "" {
			n, _ = strconv.Atoi(times)
		}
		for range n {
			switch op {
			case "noop":
			case "startAttempt":
				a.Begin()
			case "finishAttempt":
				a.Finish()
			case "increment":
				a.Increment()
			case "reset":
				a.Reset()
			default:
				return "unknown operation " + op
			}
		}
		got := map[string]any{"op": step["op"], "count": a.Count(), "limit": a.Limit, "hasLimitReached": a.LimitReached(),
			"isAttemptInProgress": a.InProgress(), "statusEvents": events}
		if diff := vectors.Diff("state", got, step); diff != "" {
			return diff
		}
	}
	return ""
}

// responseOf makes the error that stands for an object with a response.
func responseOf(value any) error {
	object, ok := value.(map[string]any)
	if !ok {
		return errors.New("plain")
	}
	response, _ := object["response"].(map[string]any)
	if code, ok := response["status_code"].(float64); ok {
		return fmt.Errorf("connect: %w", &signal.ResponseError{Method: "REGISTER", StatusCode: int(code)})
	}
	return errors.New("plain")
}

// The facts about back-off, coalescing, escalation, counters and what is tried again.
func TestPolicyVectors(t *testing.T) {
	vectors.Run(t, "policies", map[string]func(*testing.T, vectors.Case) string{
		"computeBackoffDelay": func(_ *testing.T, c vectors.Case) string {
			p := c["params"].(map[string]any)
			b := redial.Delays{Base: numberOf(p["baseBackoffMs"]), Max: numberOf(p["maxBackoffMs"]),
				Factor: numberOf(p["backoffFactor"]), Jitter: redial.Jitter(textOf(p["jitter"]))}
			got, want := b.Delay(numberOf(c["attempt"]), numberOf(c["random"])), numberOf(c["result"])
			if d := got - want; d > 1e-6 || d < -1e-6 {
				return vectors.Diff("delay", got, want)
			}
			return ""
		},
		"isNetworkFailure": func(_ *testing.T, c vectors.Case) string {
			got := redial.NetworkFailure(signal.Cause(textOf(c["cause"])), signal.Originator(textOf(c["originator"])))
			return vectors.Diff("network failure", got, c["result"])
		},
		"reconnectReasonPriorities": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("priorities", autoconnect.Priorities, c["result"])
		},
		"reconnectRequestCoalescer": replayCoalescer,
		"telephonyFailPolicy":       replayFailPolicy,
		"attemptsState":             replayAttempts,
		"baseCanRetryOnError": func(_ *testing.T, c vectors.Case) string {
			return vectors.Diff("retry", autoconnect.CanRetry(responseOf(c["error"])), c["result"])
		},
		"wrapReconnectError": func(_ *testing.T, c vectors.Case) string {
			var cause error
			if object, ok := c["error"].(map[string]any); ok && object["$error"] != nil {
				cause = errors.New(textOf(object["$error"]))
			}
			return vectors.Diff("error", map[string]any{"$error": redial.WrapError(cause).Error()}, c["result"])
		},
	})
}
