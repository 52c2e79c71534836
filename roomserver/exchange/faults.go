package exchange

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/sip/transaction"
)

// Fault is what happens to the SIP messages of a socket, in both directions. A message that is lost is lost for good: SIP
// over a reliable transport sends nothing twice.
type Fault struct {
	Drop  float64       // share that is lost, 0 to 1
	Share float64       // share that is delayed; what comes behind waits too
	Delay time.Duration // by so much
}

// strike waits or drops as the fault says; false: the message is lost, or ctx has ended.
func (f *Fault) strike(ctx context.Context) bool {
	if f == nil {
		return true
	}
	if f.Drop > 0 && rand.Float64() < f.Drop {
		return false
	}
	if f.Delay <= 0 || rand.Float64() >= f.Share {
		return true
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// fault of a socket: its own, else everyone's.
func (w *wire) present() *Fault {
	if f := w.fault.Load(); f != nil {
		return f
	}
	return w.common.Load()
}

// Fault that a socket has of its own.
func (c *Client) Fault() Fault { return value(&c.wire.fault) }

// Fault of every socket without one of its own.
func (x *Exchange) Fault() Fault { return value(&x.fault) }

func value(p *atomic.Pointer[Fault]) Fault {
	if f := p.Load(); f != nil {
		return *f
	}
	return Fault{}
}

// SetFault makes a socket's messages suffer; the zero value ends that.
func (c *Client) SetFault(f Fault) {
	if f == (Fault{}) {
		c.wire.fault.Store(nil)
		return
	}
	c.wire.fault.Store(&f)
}

// SetFault makes the messages of every socket suffer that has no fault of its own, of those to come too.
func (x *Exchange) SetFault(f Fault) {
	if f == (Fault{}) {
		x.fault.Store(nil)
		return
	}
	x.fault.Store(&f)
}

// Refusal answers requests with a failure instead of handling them.
type Refusal struct {
	Client *Client // nil: everyone's
	Method string  // empty: every method but ACK and CANCEL
	Code   int     // 300 to 699
	Count  int     // how many requests
}

// maxRefusals bounds what is waiting to refuse.
const maxRefusals = 100

// Refuse arms a refusal; several are used one after another.
func (x *Exchange) Refuse(r Refusal) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.refusals) < maxRefusals && r.Count > 0 {
		x.refusals = append(x.refusals, r)
	}
}

// ClearRefusals takes back what is left of them.
func (x *Exchange) ClearRefusals() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.refusals = nil
}

// refused answers a request when a refusal waits for it.
func (c *Client) refused(req *sip.Request, tx *transaction.Server) bool {
	code := c.x.takeRefusal(c, req.Method)
	if code == 0 {
		return false
	}
	c.x.event("fault", map[string]any{
		"client": c.id, "fault": "refused", "method": req.Method.String(), "code": code,
	})
	respond(tx, code, reasonOf(code))
	return true
}

func (x *Exchange) takeRefusal(c *Client, method sip.RequestMethod) int {
	if method == sip.CANCEL || method == sip.ACK {
		return 0
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.refusals {
		r := &x.refusals[i]
		if r.Client != nil && r.Client != c || r.Method != "" && r.Method != method.String() {
			continue
		}
		code := r.Code
		if r.Count--; r.Count == 0 {
			x.refusals = append(x.refusals[:i], x.refusals[i+1:]...)
		}
		return code
	}
	return 0
}

// Abort ends everything at once, as a crash would: no goodbye to anyone. It waits for the goroutines.
func (x *Exchange) Abort() {
	x.mu.Lock()
	if x.closed {
		x.mu.Unlock()
		return
	}
	x.closed = true
	close(x.stop)
	calls := make([]*Call, 0, len(x.calls))
	for _, call := range x.calls {
		calls = append(calls, call)
	}
	x.mu.Unlock()
	for _, c := range x.Clients() {
		c.Drop()
	}
	for _, call := range calls {
		call.end("server stopped")
	}
	x.work.Wait()
}
