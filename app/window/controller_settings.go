package window

import (
	"context"
	"errors"

	"parley/app/settings"
	"parley/media/audio"
	"parley/views"
	"parley/views/kept"
)

// TrustCertificate implements views.Actions.
func (c *controller) TrustCertificate(_ context.Context, server, fingerprint string) error {
	return c.store.Trust(server, fingerprint)
}

// Change implements views.Actions. Language, theme, scale, speaker and what is done to the sound count at once, the camera
// from the next call on, the rest with the next connection (Renew).
func (c *controller) Change(_ context.Context, edit func(*views.Settings)) error {
	before := c.store.Settings()
	err := c.store.Change(edit)
	s := c.store.Settings()
	c.applyDevices()
	err = errors.Join(err, c.switchDevices(before, s))
	if before.Sound != s.Sound {
		err = errors.Join(err, c.process(s.Sound))
	}
	if before.WithSystem != s.WithSystem && c.media.StartWithSystem != nil {
		err = errors.Join(err, c.media.StartWithSystem(s.WithSystem))
	}
	c.changed()
	return err
}

// process has the microphone's sound improved as the settings say, in a call that runs, too.
func (c *controller) process(s kept.Sound) error {
	if c.options.Processor == nil {
		return nil
	}
	return c.options.Processor.SetProcessing(audio.Processing{Echo: s.Echo, Noise: s.Noise, Gain: s.Gain})
}

// SaveContact implements views.Actions.
func (c *controller) SaveContact(_ context.Context, old string, contact views.Contact) error {
	err := c.store.SaveContact(old, contact)
	c.changed()
	return err
}

// DeleteContact implements views.Actions.
func (c *controller) DeleteContact(_ context.Context, number string) error {
	err := c.store.DeleteContact(number)
	c.changed()
	return err
}

// ClearCalls implements views.Actions.
func (c *controller) ClearCalls(context.Context) error {
	err := c.store.ClearCalls()
	c.changed()
	return err
}

// KeepCredential implements views.Actions.
func (c *controller) KeepCredential(ctx context.Context, url, user, password string) error {
	if password == "" {
		return c.store.Secrets.Delete(ctx, settings.CredentialOf(url, user))
	}
	return c.store.Secrets.Set(ctx, settings.CredentialOf(url, user), password)
}

// MoveCredential implements views.Actions.
func (c *controller) MoveCredential(ctx context.Context, from, to kept.ICEServer) error {
	old := settings.CredentialOf(from.URL, from.User)
	if to.User != "" {
		password, err := c.store.Secrets.Get(ctx, old)
		if errors.Is(err, settings.ErrNoSecret) {
			return nil
		}
		if err == nil {
			err = c.store.Secrets.Set(ctx, settings.CredentialOf(to.URL, to.User), password)
		}
		if err != nil {
			return err
		}
	}
	return c.store.Secrets.Delete(ctx, old)
}

// Forget implements views.Actions.
func (c *controller) Forget(ctx context.Context) error {
	err := c.store.Forget(ctx)
	c.changed()
	return err
}
