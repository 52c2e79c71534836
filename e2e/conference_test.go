package e2e

import "testing"

// A page and parley meet in a room; each sees and hears the other; one leaves first, then the other.
func TestConference(t *testing.T) {
	for _, codec := range []string{"VP8", "H264", "AV1"} {
		t.Run(codec, func(t *testing.T) {
			ctx := within(t, limit)
			room, server := startRoom(ctx, t, "--codec", codec)
			page := openPage(ctx, t, server, codec)
			if err := page.Call(ctx, "2001"); err != nil {
				t.Fatal(err)
			}
			received := newRecordings(t)
			call := startCall(t, server, append(received.flags(), "--to", "2001", "--codec", codec, "--duration", "15s")...)
			if _, err := call.Until(ctx, "call:confirmed"); err != nil {
				t.Fatal(err)
			}
			pageSeesAndHears(ctx, t, page, codec)
			weHear(ctx, t, call)

			if codec == "VP8" { // the page leaves first, and we go on alone until our time is up
				if end, err := page.HangUp(ctx); err != nil || end.Originator != "local" {
					t.Errorf("the page's end: %+v, %v", end, err)
				}
				if _, err := room.Until(ctx, "left"); err != nil {
					t.Error(err)
				}
				ended(ctx, t, call, "local")
			} else { // we leave first, and the page stays
				ended(ctx, t, call, "local")
				if end, err := page.HangUp(ctx); err != nil || end.Originator != "local" {
					t.Errorf("the page's end: %+v, %v", end, err)
				}
			}
			received.check(t, 30)

			if err := room.Interrupt(); err != nil {
				t.Fatal(err)
			}
			if code, err := room.Wait(ctx); err != nil || code != 0 {
				t.Errorf("the room server ended with %d, %v", code, err)
			}
		})
	}
}
