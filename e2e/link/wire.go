package link

import (
	"container/heap"
	"io"
	"sync"
	"time"
)

// mtu of the devices, bytes.
const mtu = 1500

// capacity bounds the packets on their way in one direction: 64 MB/s at 300 ms.
const capacity = 1 << 14

// wire carries packets from one device to the other one.
type wire struct {
	from  io.Reader
	to    io.Writer
	start time.Time

	mu     sync.Mutex
	shaper *shaper
	queue  packets
	serial uint64
	ended  bool
	wake   chan struct{}
}

type packet struct {
	at     time.Duration
	serial uint64 // among packets of the same moment the order they came in
	data   []byte
}

func newWire(from io.Reader, to io.Writer, seed uint64) *wire {
	return &wire{from: from, to: to, start: time.Now(), shaper: newShaper(seed), wake: make(chan struct{}, 1)}
}

func (w *wire) set(c Conditions) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shaper.conditions = c
}

// read takes packets until the device is closed.
func (w *wire) read() {
	buffer := make([]byte, mtu+64)
	for {
		n, err := w.from.Read(buffer)
		if err != nil {
			w.mu.Lock()
			w.ended = true
			w.mu.Unlock()
			w.poke()
			return
		}
		now := time.Since(w.start)
		w.mu.Lock()
		if at, ok := w.shaper.pass(now, n); ok && len(w.queue) < capacity {
			w.serial++
			heap.Push(&w.queue, packet{at: at, serial: w.serial, data: append([]byte(nil), buffer[:n]...)})
		}
		w.mu.Unlock()
		w.poke()
	}
}

func (w *wire) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// write delivers packets when their time has come.
func (w *wire) write() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, next, ended := w.due()
		for _, p := range due {
			w.to.Write(p.data) // a device that is down loses it, as a real one would
		}
		if ended {
			return
		}
		timer.Reset(next)
		select {
		case <-timer.C:
		case <-w.wake:
		}
	}
}

// due takes what is to be delivered now, and tells how long it is to the next.
func (w *wire) due() (due []packet, next time.Duration, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Since(w.start)
	for len(w.queue) > 0 && w.queue[0].at <= now {
		due = append(due, heap.Pop(&w.queue).(packet))
	}
	next = time.Hour
	if len(w.queue) > 0 {
		next = w.queue[0].at - now
	}
	return due, next, w.ended
}

type packets []packet

func (p packets) Len() int { return len(p) }
func (p packets) Less(i, j int) bool {
	return p[i].at < p[j].at || p[i].at == p[j].at && p[i].serial < p[j].serial
}
func (p packets) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *packets) Push(x any)   { *p = append(*p, x.(packet)) }
func (p *packets) Pop() any {
	old := *p
	last := old[len(old)-1]
	old[len(old)-1] = packet{}
	*p = old[:len(old)-1]
	return last
}
