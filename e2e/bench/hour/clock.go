package main

import "time"

// begun ties the monotonic clock to the time of day once: what a process draws and beeps is told by one clock that nobody
// sets.
var begun = time.Now()

func now() time.Time { return begun.Add(time.Since(begun)) }
