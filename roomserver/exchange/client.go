package exchange

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"parley/connector/sip/transaction"
	"parley/connector/sip/websocket"
	"parley/roomserver/registrar"
)

// maxCallsPerClient limits what one socket may hold open.
const maxCallsPerClient = 16

// Client is one WebSocket.
type Client struct {
	x     *Exchange
	id    string
	conn  *websocket.Conn
	wire  *wire
	layer *transaction.Layer
	host  string // host[:port] by which he reached us

	silence func() // see Exchange.Serve

	cancel context.CancelFunc

	mu       sync.Mutex
	proven   map[string]bool // users whose password he has shown on this socket
	calls    int
	requests map[string]int // how many came, by method
}

func newClient(x *Exchange, conn *websocket.Conn, host string) *Client {
	c := &Client{x: x, id: sip.GenerateTagN(8), conn: conn, host: host, proven: map[string]bool{}, requests: map[string]int{}}
	c.wire = &wire{Conn: conn, rate: x.o.MessagesPerSecond, common: &x.fault}
	kind := "WS"
	if conn.Secure() {
		kind = "WSS"
	}
	c.layer = transaction.New(c.wire, transaction.Options{
		Transport: kind, Host: x.host, OnRequest: c.onRequest, Logger: x.log,
		OnMalformed: func(raw []byte, err error) {
			x.event("malformed", map[string]any{"client": c.id, "bytes": len(raw)})
		},
	})
	return c
}

// ID names the socket in events.
func (c *Client) ID() string { return c.id }

// Address of the other side.
func (c *Client) Address() string { return c.conn.RemoteAddr() }

// Users are the names he has proven.
func (c *Client) Users() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var users []string
	for user := range c.proven {
		users = append(users, user)
	}
	return users
}

// Requests tells how many requests of each method came.
func (c *Client) Requests() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.requests)
}

// count a request. Methods that nobody knows are counted as one.
func (c *Client) count(method sip.RequestMethod) {
	name := method.String()
	if !slices.Contains(strings.Split(allow, ", "), name) {
		name = "other"
	}
	c.mu.Lock()
	c.requests[name]++
	c.mu.Unlock()
}

// Drop cuts the socket without a goodbye.
func (c *Client) Drop() {
	_ = c.conn.CloseNow()
	c.cancel() // a silent one waits for nothing else
}

// Silence makes the socket half-open: it stays, but nothing goes in or out, pongs neither.
func (c *Client) Silence() {
	c.silence()
	c.wire.silent.Store(true)
}

func (c *Client) close(ctx context.Context) {
	_ = c.layer.Flush(ctx)
	if !c.wire.silent.Load() {
		_ = c.conn.Close(websocket.GoingAway, "server is closing")
	}
	c.Drop()
}

func (c *Client) has(user string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proven[registrar.Canonical(user)]
}

func (c *Client) prove(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.proven[registrar.Canonical(user)] = true
}

// onRequest takes every request of the client, in order.
func (c *Client) onRequest(req *sip.Request, tx *transaction.Server) {
	c.count(req.Method)
	if tx == nil {
		c.ack(req)
		return
	}
	if c.refused(req, tx) {
		return
	}
	if hops := req.MaxForwards(); hops != nil && *hops == 0 && req.Method != sip.OPTIONS {
		respond(tx, sip.StatusTooManyHops, "Too Many Hops")
		return
	}
	for _, h := range req.GetHeaders("via") {
		if via, ok := h.(*sip.ViaHeader); ok && strings.EqualFold(via.Host, c.x.host) {
			respond(tx, sip.StatusLoopDetected, "Loop Detected")
			return
		}
	}
	if tag(req.To().Params) != "" {
		c.inDialog(req, tx)
		return
	}
	switch req.Method {
	case sip.REGISTER:
		c.register(req, tx)
	case sip.OPTIONS:
		c.options(req, tx)
	case sip.INVITE:
		c.invite(req, tx)
	case sip.MESSAGE, sip.NOTIFY, sip.SUBSCRIBE, sip.REFER:
		c.outside(req, tx)
	case sip.BYE, sip.INFO, sip.UPDATE, sip.PRACK:
		respond(tx, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")
	default:
		respond(tx, sip.StatusMethodNotAllowed, "Method Not Allowed", sip.NewHeader("Allow", allow))
	}
}

func (c *Client) register(req *sip.Request, tx *transaction.Server) {
	user := req.To().Address.User
	if !c.x.auth.Known(user) {
		respond(tx, sip.StatusNotFound, "Not Found")
		return
	}
	if registrar.Canonical(req.From().Address.User) != registrar.Canonical(user) {
		respond(tx, sip.StatusForbidden, "Forbidden") // no registration for somebody else (third party)
		return
	}
	if !c.authenticate(req, tx, user, "Authorization") {
		return
	}
	before := c.x.registrar.Lookup(user, "")
	res := c.x.registrar.Register(req, c)
	if !res.IsSuccess() {
		_ = tx.Respond(res)
		return
	}
	for _, old := range c.replaced(before, user) {
		c.x.abandon(old)
	}
	c.x.reattach(c, user)
	_ = tx.Respond(res) // who is told that he is registered has his calls back
	name := "registered"
	n := len(c.x.registrar.Lookup(user, ""))
	if len(req.GetHeaders("contact")) > 0 && !c.bound(user) {
		name = "unregistered"
	}
	c.x.event(name, map[string]any{"user": registrar.Canonical(user), "client": c.id, "contacts": n})
}

// replaced are the sockets whose bindings the same instances have just moved to this one (RFC 5626 4.2): their owner has
// left them, though the network may not have said so yet.
func (c *Client) replaced(before []registrar.Binding[*Client], user string) (old []*Client) {
	now := c.x.registrar.Lookup(user, "")
	for _, b := range before {
		stays := func(have registrar.Binding[*Client]) bool { return have.Flow == b.Flow }
		moved := func(have registrar.Binding[*Client]) bool { return have.Flow == c && have.Instance == b.Instance }
		if b.Flow != c && b.Instance != "" && slices.ContainsFunc(now, moved) && !slices.ContainsFunc(now, stays) {
			old = append(old, b.Flow)
		}
	}
	return old
}

// bound tells whether the user has a binding over this socket.
func (c *Client) bound(user string) bool {
	for _, b := range c.x.registrar.Lookup(user, "") {
		if b.Flow == c {
			return true
		}
	}
	return false
}

// authenticate checks the credentials in a header and answers the request itself when they do not do.
func (c *Client) authenticate(req *sip.Request, tx *transaction.Server, user, header string) bool {
	code, reason, challenge := sip.StatusUnauthorized, "Unauthorized", "WWW-Authenticate"
	if header == "Proxy-Authorization" {
		code, reason, challenge = sip.StatusProxyAuthRequired, "Proxy Authentication Required", "Proxy-Authenticate"
	}
	verdict := c.x.auth.Check(req, header, user, c.id)
	switch verdict {
	case registrar.Right:
		c.prove(user)
		return true
	case registrar.Wrong:
		c.x.event("refused", map[string]any{"user": registrar.Canonical(user), "client": c.id, "code": sip.StatusForbidden})
		respond(tx, sip.StatusForbidden, "Forbidden")
		return false
	}
	var headers []sip.Header
	for _, value := range c.x.auth.Challenges(c.id, verdict == registrar.Stale) {
		headers = append(headers, sip.NewHeader(challenge, value))
	}
	respond(tx, code, reason, headers...)
	return false
}

// identify makes sure that the sender may use the name in From: his own, or one that nobody owns (a guest's).
func (c *Client) identify(req *sip.Request, tx *transaction.Server) bool {
	user := req.From().Address.User
	if !c.x.auth.Known(user) {
		if c.x.o.NoGuests {
			respond(tx, sip.StatusForbidden, "Forbidden")
			return false
		}
		return true
	}
	return c.has(user) || c.authenticate(req, tx, user, "Proxy-Authorization")
}

func (c *Client) options(req *sip.Request, tx *transaction.Server) {
	user := req.Recipient.User
	own := user == "" || c.has(user) || registrar.Canonical(user) == registrar.Canonical(req.From().Address.User)
	if !own && len(c.x.registrar.Lookup(user, "")) > 0 {
		if c.identify(req, tx) {
			c.x.fork(c, req, tx)
		}
		return
	}
	respond(tx, sip.StatusOK, "OK", sip.NewHeader("Allow", allow), sip.NewHeader("Accept", "application/sdp"),
		sip.NewHeader("Supported", "path, outbound, gruu"))
}

func (c *Client) invite(req *sip.Request, tx *transaction.Server) {
	if !c.identify(req, tx) {
		return
	}
	number := req.Recipient.User
	switch {
	case c.x.o.IsRoom(number):
		c.x.callRoom(c, req, tx)
	case c.x.auth.Known(number):
		c.x.fork(c, req, tx)
	default:
		respond(tx, sip.StatusNotFound, "Not Found")
	}
}

// outside routes what is neither a call nor part of one.
func (c *Client) outside(req *sip.Request, tx *transaction.Server) {
	if !c.identify(req, tx) {
		return
	}
	switch {
	case c.x.o.IsRoom(req.Recipient.User):
		respond(tx, sip.StatusMethodNotAllowed, "Method Not Allowed", sip.NewHeader("Allow", allow))
	case c.x.auth.Known(req.Recipient.User):
		c.x.fork(c, req, tx)
	default:
		respond(tx, sip.StatusNotFound, "Not Found")
	}
}

func tag(params sip.HeaderParams) string {
	t, _ := params.Get("tag")
	return t
}

// wire slows down a client that sends too much, and can fall silent.
type wire struct {
	*websocket.Conn
	rate   int // messages a second; 0 is no limit
	silent atomic.Bool
	fault  atomic.Pointer[Fault]
	common *atomic.Pointer[Fault] // everyone's

	// Token bucket; only Read touches it.
	tokens float64
	filled time.Time
}

func (w *wire) Read(ctx context.Context) ([]byte, error) {
	for {
		if w.silent.Load() {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		if err := w.wait(ctx); err != nil {
			return nil, err
		}
		b, err := w.Conn.Read(ctx)
		if err != nil || w.present().strike(ctx) && !w.silent.Load() {
			return b, err
		}
	}
}

// wait takes a token; the bucket holds two seconds' worth.
func (w *wire) wait(ctx context.Context) error {
	if w.rate <= 0 {
		return nil
	}
	now := time.Now()
	if w.filled.IsZero() {
		w.tokens = float64(2 * w.rate)
	} else {
		w.tokens = min(w.tokens+now.Sub(w.filled).Seconds()*float64(w.rate), float64(2*w.rate))
	}
	w.filled = now
	w.tokens--
	if w.tokens >= 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(-w.tokens / float64(w.rate) * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *wire) Write(ctx context.Context, b []byte) error {
	if w.silent.Load() || !w.present().strike(ctx) {
		return nil
	}
	return w.Conn.Write(ctx, b)
}
