// Package usage reads what processes have used from /proc: processor time, memory, open files.
package usage

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Usage is what a process and all that descend from it have used.
type Usage struct {
	CPU    map[int]float64 // seconds by process
	Memory float64         // MB, proportional set size: shared pages count once
	At     time.Time
}

// clockTicks is USER_HZ, which Linux has fixed at 100 for programs.
const clockTicks = 100

// Measure looks at the tree of processes under root, root included.
func Measure(root int) (Usage, error) {
	u := Usage{CPU: map[int]float64{}, At: time.Now()}
	parents := map[int]int{}
	ticks := map[int]float64{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return u, err
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		parent, used, err := readStat(pid)
		if err != nil {
			continue // it ended while we looked
		}
		parents[pid], ticks[pid] = parent, used
	}
	for pid := range parents {
		if descends(pid, root, parents) {
			u.CPU[pid] = ticks[pid] / clockTicks
			u.Memory += Proportional(pid)
		}
	}
	if len(u.CPU) == 0 {
		return u, fmt.Errorf("process %d is gone", root)
	}
	return u, nil
}

func descends(pid, root int, parents map[int]int) bool {
	for range 64 { // no tree of ours is deeper
		if pid == root {
			return true
		}
		parent, ok := parents[pid]
		if !ok {
			return false
		}
		pid = parent
	}
	return false
}

// readStat reads parent and ticks (user and system) from /proc/PID/stat (proc(5)).
func readStat(pid int) (parent int, ticks float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	// The name, in brackets, may hold blanks and brackets itself.
	_, rest, found := strings.Cut(string(text[strings.LastIndexByte(string(text), ')'):]), " ")
	fields := strings.Fields(rest)
	if !found || len(fields) < 13 {
		return 0, 0, fmt.Errorf("/proc/%d/stat is cut short", pid)
	}
	parent, err = strconv.Atoi(fields[1])
	if err != nil {
		return 0, 0, err
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return parent, user + system, nil
}

// Proportional set size of a process, MB: each page divided by how many processes share it. 0 when it is gone.
func Proportional(pid int) (mb float64) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var kb float64
		if n, _ := fmt.Sscanf(lines.Text(), "Pss: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}

// Files is how many files, sockets and pipes a process has open. 0 when it is gone.
func Files(pid int) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return len(entries)
}

// Cores is the CPU time a second between two looks.
func Cores(from, to Usage) float64 {
	var used float64
	for pid, seconds := range to.CPU {
		used += seconds - from.CPU[pid]
	}
	return used / to.At.Sub(from.At).Seconds()
}
