package e2e

import (
	"context"
	"testing"

	"parley/e2e/harness"
)

// Direct calls between two registered users, both ways, each codec, each side hanging up once.
func TestDirectCall(t *testing.T) {
	tests := []struct {
		name        string
		codec       string
		pageCalls   bool
		pageHangsUp bool
	}{
		{"page calls with VP8 and hangs up", "VP8", true, true},
		{"page calls with H264, we hang up", "H264", true, false},
		{"we call with VP8 and hang up", "VP8", false, false},
		{"we call with H264, page hangs up", "H264", false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx := within(t, limit)
			_, server := startRoom(ctx, t)
			page := openPage(ctx, t, server, test.codec)
			received := newRecordings(t)
			flags := append(received.flags(), "--codec", test.codec)

			var call *harness.Process
			if test.pageCalls {
				call = startCall(t, server, append(flags, "--answer")...)
				if _, err := call.Until(ctx, "connection:registered"); err != nil {
					t.Fatal(err)
				}
				if err := page.Call(ctx, ours); err != nil {
					t.Fatal(err)
				}
			} else {
				call = startCall(t, server, append(flags, "--to", pages)...)
				if err := page.Answer(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := call.Until(ctx, "call:confirmed"); err != nil {
				t.Fatal(err)
			}
			pageSeesAndHears(ctx, t, page, test.codec)
			weHear(ctx, t, call)
			hangUp(ctx, t, page, call, test.pageHangsUp)
			received.check(t, 30)
		})
	}
}

// hangUp ends the call from one side and checks that both know.
func hangUp(ctx context.Context, t *testing.T, page *harness.Page, call *harness.Process, pageFirst bool) {
	t.Helper()
	if pageFirst {
		if end, err := page.HangUp(ctx); err != nil || end.Originator != "local" {
			t.Errorf("the page's end: %+v, %v", end, err)
		}
		ended(ctx, t, call, "remote")
		return
	}
	if err := call.Interrupt(); err != nil {
		t.Fatal(err)
	}
	ended(ctx, t, call, "local")
	if end, err := page.Ended(ctx); err != nil || end.Originator != "remote" || end.Cause != "Terminated" {
		t.Errorf("the page's end: %+v, %v; want a BYE from us", end, err)
	}
}
