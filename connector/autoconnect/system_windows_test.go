package autoconnect

import (
	"syscall"
	"testing"
)

// What Windows tells makes every listener look, and nobody after the end.
func TestNewsOfAddresses(t *testing.T) {
	first, second := make(chan struct{}, 1), make(chan struct{}, 1)
	call := listen(first)
	if again := listen(second); again != call {
		t.Fatal("the system calls two functions")
	}
	for range 2 { // one look is enough for both
		_, _, _ = syscall.SyscallN(call, 0, 0, 0)
	}
	<-first
	<-second
	forget(first)
	_, _, _ = syscall.SyscallN(call, 0, 0, 0)
	<-second
	if len(first) != 0 {
		t.Error("told after the end")
	}
	forget(second)
}

// A sign without a change of addresses is no event; the end is waited for.
func TestSubscribeAndCancel(t *testing.T) {
	cancel := SystemNetwork().Subscribe(func(e NetworkEvent) { t.Errorf("told %s", e) })
	news.mu.Lock()
	for listener := range news.listeners {
		listener <- struct{}{}
	}
	news.mu.Unlock()
	cancel()
	cancel()
}
