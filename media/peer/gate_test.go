package peer

import (
	"testing"
	"time"

	"parley/connector/rtc"
)

func TestGateBlocksMediaUntilItIsOpened(t *testing.T) {
	gate := &Gate{}
	config := testConfig(t)
	config.Gate = gate
	config.Disconnected, config.Failed = 500*time.Millisecond, time.Minute
	a, b := newTestConn(t, config, rtc.Config{}), newTestConn(t, testConfig(t), rtc.Config{})
	if _, err := a.SetTrack(rtc.SlotMain, newPattern(t, "camera", 320, 180, 30, 0)); err != nil {
		t.Fatal(err)
	}
	negotiate(t, a, b, rtc.OfferOptions{})
	connected(t, a, b)
	track := remoteVideo(t, b, 0)
	nextFrames(t, track, 3, 10*time.Second)

	gate.Block(true)
	if !gate.Blocked() {
		t.Error("the gate is open")
	}
	eventually(t, "the connection counts as disconnected", 15*time.Second, func() bool {
		return a.ConnectionState() == rtc.StateDisconnected
	})
	gate.Block(false)
	eventually(t, "the connection comes back", 15*time.Second, func() bool { return a.ConnectionState() == rtc.StateConnected })
	nextFrames(t, track, 3, 10*time.Second)
}

func TestTheGateStandsBeforeThisMachinesNetworkAsItIsNow(t *testing.T) {
	n, err := (&Gate{}).network(nil)
	if err != nil {
		t.Fatal(err)
	}
	if gated, ok := n.(gatedNet); !ok {
		t.Errorf("%T", n)
	} else if _, ok := gated.Net.(machineNet); !ok {
		t.Errorf("behind the gate is %T, whose interfaces stay those of its making", gated.Net)
	}
}
