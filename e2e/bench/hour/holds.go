package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"

	"parley/e2e/bench/usage"
)

// holds is what a process holds at a moment.
type holds struct {
	Memory     float64 // kB, proportional set size
	Heap       float64 // kB of live objects at the last garbage collection
	Go         float64 // kB that Go has from the system; the rest is the C libraries' and the program's text
	Goroutines int
	Files      int
}

func held() holds {
	read := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(read)
	self := os.Getpid()
	return holds{
		Memory:     usage.Proportional(self) * 1024,
		Heap:       float64(read[0].Value.Uint64()) / 1024,
		Go:         float64(read[1].Value.Uint64()-read[2].Value.Uint64()) / 1024,
		Goroutines: runtime.NumGoroutine(),
		Files:      usage.Files(self),
	}
}

// writeHeap keeps a profile of the process's heap, if the person asked for it.
func writeHeap(when string) error {
	if *heaps == "" {
		return nil
	}
	f, err := os.Create(filepath.Join(*heaps, *role+"-"+when+".pprof"))
	if err != nil {
		return err
	}
	runtime.GC()
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}
