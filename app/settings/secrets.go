package settings

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"
)

// service names Parley's entries in the system's keyring.
const service = "app.parley.desktop"

// keyringTime bounds a question to the keyring: it may ask the person to unlock it.
const keyringTime = 20 * time.Second

// ErrNoSecret means that the keyring has no such entry.
var ErrNoSecret = keyring.ErrNotFound

// Secrets keeps passwords. Every method may take as long as a person needs to unlock the keyring.
type Secrets interface {
	Get(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, secret string) error
	Delete(ctx context.Context, name string) error
	// Available tells why secrets cannot be kept here, nil when they can.
	Available(ctx context.Context) error
}

// PasswordOf names the entry of an account's password.
func PasswordOf(server, user string) string { return "account " + user + "@" + server }

// CredentialOf names the entry of a TURN server's password.
func CredentialOf(url, user string) string { return "turn " + user + "@" + url }

// Keyring is the system's: Secret Service, the macOS keychain, Windows' credential manager.
type Keyring struct{}

var _ Secrets = Keyring{}

// within runs a question to the keyring, which knows no contexts. One that is given up ends by itself, later.
func within[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, keyringTime)
	defer cancel()
	answers := make(chan answer, 1)
	go func() {
		value, err := ask()
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// Get implements Secrets.
func (Keyring) Get(ctx context.Context, name string) (string, error) {
	secret, err := within(ctx, func() (string, error) { return keyring.Get(service, name) })
	if err != nil {
		return "", fmt.Errorf("keyring: %w", err)
	}
	return secret, nil
}

// Set implements Secrets.
func (Keyring) Set(ctx context.Context, name, secret string) error {
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, keyring.Set(service, name, secret) })
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}

// Delete implements Secrets; what is not there is deleted.
func (Keyring) Delete(ctx context.Context, name string) error {
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, keyring.Delete(service, name) })
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("keyring: %w", err)
	}
	return nil
}

// Available implements Secrets: a keyring that answers that it has no such entry is there.
func (Keyring) Available(ctx context.Context) error {
	_, err := within(ctx, func() (string, error) { return keyring.Get(service, "probe") })
	if err == nil || errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return fmt.Errorf("keyring: %w", err)
}

// NoSecrets keeps nothing: the demonstration leaves no trace.
type NoSecrets struct{}

var _ Secrets = NoSecrets{}

// errNotKept is why NoSecrets keeps nothing.
var errNotKept = errors.New("passwords are not kept here")

// Get implements Secrets.
func (NoSecrets) Get(context.Context, string) (string, error) { return "", ErrNoSecret }

// Set implements Secrets.
func (NoSecrets) Set(context.Context, string, string) error { return errNotKept }

// Delete implements Secrets.
func (NoSecrets) Delete(context.Context, string) error { return nil }

// Available implements Secrets.
func (NoSecrets) Available(context.Context) error { return errNotKept }
