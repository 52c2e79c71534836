package window

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"

	"parley/app/settings"
	"parley/connector/call"
	"parley/connector/rtc"
	"parley/connector/session"
	"parley/views"
	"parley/views/kept"
)

// Connect implements views.Actions.
func (c *controller) Connect(ctx context.Context, form views.SignIn) error {
	if err := c.establish(ctx, form, false); err != nil {
		return err
	}
	err := c.store.SignedIn(ctx, form)
	if errors.Is(err, ErrPasswordNotKept) {
		c.mu.Lock()
		c.forgets = true
		c.mu.Unlock()
	}
	if err != nil {
		c.logger.Warn("keep who signed in", "error", err)
	}
	c.changed()
	return nil
}

// establish makes a link and connects it; again, for a person who was signed in and may have signed out since.
func (c *controller) establish(ctx context.Context, form views.SignIn, again bool) error {
	options, err := c.linkOptions(ctx, form)
	if err != nil {
		return err
	}
	link, err := c.open(options)
	if err != nil {
		return err
	}
	unsubscribe := link.Connector.Subscribe(c.event)
	if c.options.OnConnector != nil {
		c.options.OnConnector(link.Connector)
	}
	if err := link.Connect(ctx); err != nil {
		unsubscribe()
		return errors.Join(err, ignore(c.closeLink(link)))
	}
	c.mu.Lock()
	if c.closed || c.link != nil || again && !c.signedIn {
		c.mu.Unlock()
		unsubscribe()
		return c.closeLink(link)
	}
	c.link, c.form, c.used, c.applied = link, form, lasting(options.Settings), options.Settings.Devices
	c.account = views.Account{Server: form.Server, Name: form.Name, User: form.User, Guest: form.Guest}
	c.signedIn = true
	c.mu.Unlock()
	unwatch := link.Connector.Watch(c.watch)
	c.mu.Lock()
	c.unwatch = func() { unwatch(); unsubscribe() }
	c.mu.Unlock()
	c.applyDevices()
	c.changed()
	return nil
}

// lasting are the settings that a connection takes when it is made, and keeps.
func lasting(s kept.Settings) kept.Settings {
	return kept.Settings{Video: s.Video, Network: s.Network, Recovery: s.Recovery}
}

// linkOptions gathers what a connection needs from settings and keyring.
func (c *controller) linkOptions(ctx context.Context, form views.SignIn) (LinkOptions, error) {
	s := c.store.Settings()
	o := LinkOptions{Form: form, Settings: s}
	trusted := c.store.Trusted(form.Server)
	if trusted == "" && serverKey(form.Server) == serverKey(c.options.Server) {
		trusted = c.options.Fingerprint
	}
	c.mu.Lock()
	if c.demo != nil && c.demo.Server == form.Server {
		trusted = c.demo.Fingerprint
	}
	c.mu.Unlock()
	roots, err := authorities(c.options.Roots, s.CAFile)
	if err != nil {
		return o, err
	}
	o.TLS = clientTLS(form.Server, roots, trusted)
	verify := o.TLS.VerifyConnection
	o.TLS.VerifyConnection = func(state tls.ConnectionState) error { return c.verified(verify(state)) }
	if s.Proxy != "" {
		if o.Proxy, err = url.Parse(s.Proxy); err != nil {
			return o, fmt.Errorf("proxy: %w", err)
		}
	}
	for _, server := range s.ICEServers {
		ice := rtc.ICEServer{URLs: []string{server.URL}, Username: server.User}
		if server.User != "" {
			ice.Credential, err = c.store.Secrets.Get(ctx, settings.CredentialOf(server.URL, server.User))
			if err != nil {
				c.logger.Warn("password of a TURN server: it is left out", "server", server.URL, "error", err)
				continue
			}
		}
		o.ICE = append(o.ICE, ice)
	}
	return o, nil
}

// verified notes whether the server's certificate was taken: a connection that is kept goes on trying, and the person should
// know what is in the way.
func (c *controller) verified(err error) error {
	c.mu.Lock()
	changed := (err == nil) != (c.untrusted == nil)
	c.untrusted = err
	c.mu.Unlock()
	if changed {
		c.changed()
	}
	return err
}

// authorities are the system's, or those of base, with the file's beside them; nil are the system's alone.
func authorities(base *x509.CertPool, file string) (*x509.CertPool, error) {
	if file == "" {
		return base, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &views.AuthorityError{File: file, Err: err}
	}
	var pool *x509.CertPool
	if base != nil {
		pool = base.Clone()
	} else if pool, err = x509.SystemCertPool(); err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, &views.AuthorityError{File: file}
	}
	return pool, nil
}

// recall reads what was kept of the last sign-in, and whether it was in force when the program ended.
func (c *controller) recall(ctx context.Context) (form views.SignIn, signIn bool) {
	form = c.store.Remembered(ctx)
	unavailable := c.store.Secrets.Available(ctx)
	if unavailable != nil {
		c.logger.Info("passwords are not kept", "reason", unavailable)
	}
	c.mu.Lock()
	c.forgets = unavailable != nil
	c.mu.Unlock()
	c.changed()
	return form, c.store.Settings().SignedIn
}

// Disconnect implements views.Actions: signing out.
func (c *controller) Disconnect(context.Context) error {
	if err := c.store.SignedOut(); err != nil {
		c.logger.Warn("keep that nobody is signed in", "error", err)
	}
	c.mu.Lock()
	c.signedIn = false
	c.mu.Unlock()
	return errors.Join(c.leave(), c.endDemo())
}

// leave ends link and call.
func (c *controller) leave() error {
	c.mu.Lock()
	link, unwatch := c.link, c.unwatch
	c.link, c.unwatch = nil, nil
	c.mu.Unlock()
	c.changed()
	if unwatch != nil {
		unwatch()
	}
	var err error
	if link != nil {
		err = c.closeLink(link)
	}
	c.mu.Lock()
	c.snapshot = session.Initial()
	c.mu.Unlock()
	c.dropTracks()
	c.changed()
	return err
}

// Renew implements views.Actions.
func (c *controller) Renew(ctx context.Context) error {
	c.mu.Lock()
	form := c.form
	due := c.link != nil && c.stale() && c.idle() && !c.renewing
	if due {
		c.renewing = true
	}
	c.mu.Unlock()
	if !due {
		return nil
	}
	err := c.leave()
	if again := c.establish(ctx, form, true); again != nil {
		c.mu.Lock()
		c.signedIn = c.link != nil // the person may have signed in elsewhere meanwhile
		c.mu.Unlock()
		err = again
	}
	c.mu.Lock()
	c.renewing = false
	c.mu.Unlock()
	c.changed()
	return err
}

// stale tells whether the connection was made with other settings; with the lock held.
func (c *controller) stale() bool {
	return !reflect.DeepEqual(c.used, lasting(c.store.Settings()))
}

// idle tells whether there is no call in any way; with the lock held.
func (c *controller) idle() bool {
	return !c.dialing && c.snapshot.Call.State == call.Idle && !ringing(c.snapshot) && !c.snapshot.Redial.State.Reconnecting()
}

// Reconnect implements views.Actions.
func (c *controller) Reconnect(ctx context.Context) error {
	c.mu.Lock()
	link, form, signedIn := c.link, c.form, c.signedIn
	c.mu.Unlock()
	switch {
	case !signedIn:
		return errNotConnected
	case link == nil: // an earlier attempt failed
	case c.store.Settings().Reconnect:
		return link.Connector.RestartAutoConnect(ctx)
	default:
		if err := c.leave(); err != nil {
			c.logger.Warn("end the old connection", "error", err)
		}
	}
	return c.establish(ctx, form, true)
}
