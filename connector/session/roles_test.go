package session_test

import (
	"fmt"
	"testing"

	"parley/connector/internal/vectors"
	"parley/connector/session"
)

func roleData(c session.CallSession) map[string]any {
	role := map[string]any{"type": c.Role}
	if c.Role == session.Spectator {
		role["recvParams"] = map[string]any{"audioId": c.AudioID}
	}
	return role
}

func snapshotData(c session.CallSession) map[string]any {
	return map[string]any{"license": c.License, "isDuplexSendingMediaMode": c.DuplexMode, "role": roleData(c),
		"derived": map[string]any{"isSpectatorAny": c.SpectatorAny(), "isRecvSessionExpected": c.RecvSessionExpected(),
			"isAvailableSendingMedia": c.SendingMedia}}
}

func roleOf(value any) session.CallSession {
	r := vectors.Decode[struct {
		Type       session.Role
		RecvParams struct{ AudioID string }
	}](value)
	return session.CallSession{Role: r.Type, AudioID: r.RecvParams.AudioID}
}

func apply(s *session.CallSessionState, op []any) bool {
	flag := func(i int) bool { return len(op) <= i || op[i] != false }
	switch name := op[0].(string); name {
	case "participant":
		s.Participant()
	case "synthetic":
		s.Synthetic(flag(1))
	case "spectator":
		s.Spectator(op[1].(string), flag(2))
	case "reset":
		s.Reset()
	case "use-license":
		s.SetLicense(op[1].(string))
	case "admin:force-sync-media-state", "admin:stop-main-cam", "admin:start-main-cam", "admin:stop-mic", "admin:start-mic":
		s.HandleEvent("api:"+name, op[1] == true)
	case "stop":
	case "changeRole":
		switch r := roleOf(op[1]); r.Role {
		case session.Spectator:
			s.Spectator(r.AudioID, true)
		case session.SpectatorSynthetic:
			s.Synthetic(true)
		default:
			s.Participant()
		}
	default:
		return false
	}
	return true
}

func replaySession(_ *testing.T, c vectors.Case) string {
	var emitted []any
	resetting := false // the end of a call changes the role without calling those who follow roles
	s := session.NewCallSessionState(func(before, after session.CallSession) {
		emitted = append(emitted, map[string]any{"event": "snapshot-changed", "previous": snapshotData(before),
			"current": snapshotData(after)})
		if !resetting && (before.Role != after.Role || before.AudioID != after.AudioID) {
			emitted = append(emitted, map[string]any{"roleChanged": map[string]any{"previous": roleData(before),
				"next": roleData(after)}})
		}
	})
	stopped := false
	for i, value := range c["steps"].([]any) {
		step := value.(map[string]any)
		if initial, ok := step["initial"]; ok {
			if d := vectors.Diff("initial", snapshotData(s.Get()), initial); d != "" {
				return d
			}
			continue
		}
		emitted = []any{}
		op := step["op"].([]any)
		stopped = stopped || op[0] == "stop"
		resetting = op[0] == "reset"
		if stopped { // nothing is followed any more
			if d := vectors.Diff("snapshot", snapshotData(s.Get()), step["snapshot"]); d != "" {
				return d
			}
			continue
		}
		if !apply(&s, op) {
			return fmt.Sprint("unknown operation ", op)
		}
		diffs := []string{vectors.Diff("emitted", emitted, step["emitted"])}
		if want, ok := step["snapshot"]; ok {
			diffs = append(diffs, vectors.Diff("snapshot", snapshotData(s.Get()), want))
		}
		if want, ok := step["diagnostics"].(map[string]any); ok {
			told, deduped := s.Counters()
			diffs = append(diffs, vectors.Diff("told", told, want["emitsTotal"]), vectors.Diff("deduped", deduped, want["dedupedTotal"]))
		}
		if d := vectors.First(diffs...); d != "" {
			return fmt.Sprintf("step %d: %s", i, d)
		}
	}
	return ""
}

func replayRoles(_ *testing.T, c vectors.Case) string {
	var callbacks []any
	resetting := false
	s := session.NewCallSessionState(func(before, after session.CallSession) {
		if resetting {
			return
		}
		callbacks = append(callbacks, map[string]any{"previous": roleData(before), "next": roleData(after)})
	})
	for i, value := range c["steps"].([]any) {
		step := value.(map[string]any)
		callbacks = []any{}
		resetting = step["op"].([]any)[0] == "reset"
		if !apply(&s, step["op"].([]any)) {
			return fmt.Sprint("unknown operation ", step["op"])
		}
		now := s.Get()
		diffs := []string{vectors.Diff("role", roleData(now), step["role"]),
			vectors.Diff("participant", now.Role == session.Participant, step["hasParticipant"]),
			vectors.Diff("synthetic", now.Role == session.SpectatorSynthetic, step["hasSpectatorSynthetic"]),
			vectors.Diff("spectator", now.Role == session.Spectator, step["hasSpectator"]),
			vectors.Diff("sending", now.SendingMedia, step["isAvailableSendingMedia"])}
		if want, ok := step["callbacks"]; ok {
			diffs = append(diffs, vectors.Diff("callbacks", callbacks, want))
		}
		if d := vectors.First(diffs...); d != "" {
			return fmt.Sprintf("step %d: %s", i, d)
		}
	}
	return ""
}

// The facts about roles and the call session's state.
func TestRolesVectors(t *testing.T) {
	vectors.Run(t, "roles-and-session-state", map[string]func(*testing.T, vectors.Case) string{
		"role-predicates": func(_ *testing.T, c vectors.Case) string {
			before, after := roleOf(c["prev"]), roleOf(c["next"])
			return vectors.First(
				vectors.Diff("enters", session.EntersSpectator(before, after), c["isEnteringSpectatorRole"]),
				vectors.Diff("leaves", session.LeavesSpectator(before, after), c["isExitingSpectatorRole"]),
				vectors.Diff("enters any", session.EntersAnySpectator(before, after), c["isEnteringAnySpectatorRole"]),
				vectors.Diff("leaves any", session.LeavesAnySpectator(before, after), c["isExitingAnySpectatorRole"]))
		},
		"call-session-state": replaySession,
		"role-manager":       replayRoles,
	})
}
