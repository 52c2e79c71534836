package main

import (
	"time"

	"parley/e2e/link"
)

// row is one measurement's network: how it is all the time, or a disturbance in the middle of a good one.
type row struct {
	name   string
	always link.Conditions
	// A disturbance begins when the call is warm and lasts for so long; what counts then is the time after its end.
	disturbance *link.Conditions
	lasts       time.Duration
	moves       bool // the near end gets another address
}

const ms = time.Millisecond

var rows = []row{
	{name: "clear"},
	{name: "loss 2 %", always: link.Conditions{Loss: 0.02}},
	{name: "loss 5 %", always: link.Conditions{Loss: 0.05}},
	{name: "loss 10 %", always: link.Conditions{Loss: 0.10}},
	{name: "loss 20 %", always: link.Conditions{Loss: 0.20}},
	{name: "loss 5 % in bursts of 5", always: link.Conditions{Loss: 0.05, Burst: 5}},
	{name: "loss 10 % in bursts of 10", always: link.Conditions{Loss: 0.10, Burst: 10}},
	{name: "delay 50 ms", always: link.Conditions{Delay: 50 * ms}},
	{name: "delay 150 ms", always: link.Conditions{Delay: 150 * ms}},
	{name: "delay 300 ms", always: link.Conditions{Delay: 300 * ms}},
	{name: "jitter ±30 ms", always: link.Conditions{Delay: 50 * ms, Jitter: 30 * ms}},
	{name: "reordering 5 % by 20 ms", always: link.Conditions{Delay: 20 * ms, Reorder: 0.05, ReorderBy: 20 * ms}},
	{name: "0.3 Mbit/s", always: link.Conditions{Rate: 300_000}},
	{name: "0.5 Mbit/s", always: link.Conditions{Rate: 500_000}},
	{name: "1 Mbit/s", always: link.Conditions{Rate: 1_000_000}},
	{name: "3 Mbit/s", always: link.Conditions{Rate: 3_000_000}},
	{name: "1 Mbit/s, loss 5 %, 100 ms ±30", always: link.Conditions{Rate: 1_000_000, Loss: 0.05, Delay: 100 * ms, Jitter: 30 * ms}},
	{name: "blackout of 5 s", disturbance: &link.Conditions{Down: true}, lasts: 5 * time.Second},
	{name: "drop to 0.3 Mbit/s for 5 s", always: link.Conditions{Rate: 3_000_000},
		disturbance: &link.Conditions{Rate: 300_000}, lasts: 5 * time.Second},
	{name: "change of address", moves: true},
}
