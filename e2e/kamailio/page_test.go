package kamailio

import "testing"

// The page holds the call and takes it up again, and sends a tone; tones of ours reach it.
func TestPageHolds(t *testing.T) {
	bothWithPage(t, func(t *testing.T, change func(*settings)) {
		ctx := within(t)
		s := start(ctx, t, change)
		page := openPage(ctx, t, s.socket("wss"), theirs)
		p := newParty(ctx, t, s, ours, false)
		answered := make(chan error, 1)
		go func() { answered <- p.answer(ctx) }()
		if err := page.Call(ctx, ours); err != nil {
			t.Fatal(err)
		}
		if err := <-answered; err != nil {
			t.Fatal(err)
		}
		for round := range 2 {
			if err := page.Hold(ctx, true); err != nil {
				t.Fatal(err)
			}
			p.again(ctx, round+1, "call:hold ")
			if err := page.Hold(ctx, false); err != nil {
				t.Fatal(err)
			}
			p.again(ctx, round+1, "call:unhold ")
		}
		if err := page.DTMF(ctx, "9"); err != nil {
			t.Fatal(err)
		}
		p.until(ctx, `call:newDTMF {"originator":"remote","tone":"9"}`)
		if err := p.connector.SendDTMF(ctx, "4"); err != nil {
			t.Error(err)
		}
		if err := page.Until(ctx, "dtmf:remote:4"); err != nil {
			t.Error(err)
		}
		pageSeesAndHears(ctx, t, page, 320) // after the holds picture and sound go on
		p.receives(ctx)
		if err := p.connector.HangUp(ctx); err != nil {
			t.Error(err)
		}
		if end, err := page.Ended(ctx); err != nil || end.Originator != "remote" {
			t.Errorf("the page's end: %+v, %v", end, err)
		}
	})
}
