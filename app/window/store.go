package window

import (
	"context"
	"errors"
	"fmt"

	"parley/app/settings"
	"parley/views"
	"parley/views/kept"
)

// Store is all that outlives a run. All methods may be called from any goroutine.
type Store struct {
	*settings.File
	*settings.Book
	Secrets settings.Secrets
}

// OpenStore reads what is kept in folder, and the administrator's settings; an empty folder keeps in memory. The store is
// usable even when there is an error.
func OpenStore(folder, administrator string, secrets settings.Secrets) (*Store, error) {
	file, fileErr := settings.Open(folder, administrator)
	book, bookErr := settings.OpenBook(folder)
	return &Store{file, book, secrets}, errors.Join(fileErr, bookErr, settings.Migrate(folder, file, book))
}

// Trusted is the fingerprint trusted for a server, empty for none.
func (s *Store) Trusted(server string) string { return s.Settings().Trusted[serverKey(server)] }

// Trust keeps a fingerprint for a server.
func (s *Store) Trust(server, fingerprint string) error {
	return s.Change(func(k *kept.Settings) {
		if k.Trusted == nil {
			k.Trusted = map[string]string{}
		}
		k.Trusted[serverKey(server)] = fingerprint
	})
}

// SignedIn keeps who signed in where. The password goes to the keyring, or nowhere: ErrPasswordNotKept says so.
func (s *Store) SignedIn(ctx context.Context, form views.SignIn) error {
	before := s.Settings().Account
	previous := append(s.Servers(), "")[0]
	err := errors.Join(s.UsedServer(form.Server), s.Change(func(k *kept.Settings) {
		k.Account = kept.Account{Guest: true} // without the tick nothing of an earlier sign-in stays either
		if form.Remember {
			k.Account = kept.Account{Name: form.Name, User: form.User, Guest: form.Guest, Remember: true, SignedIn: true}
		}
	}))
	if before.User != "" && (!form.Remember || form.Guest || before.User != form.User || previous != form.Server) {
		err = errors.Join(err, s.Secrets.Delete(ctx, settings.PasswordOf(serverKey(previous), before.User)))
	}
	if form.Remember && !form.Guest {
		if secretErr := s.Secrets.Set(ctx, settings.PasswordOf(serverKey(form.Server), form.User), form.Password); secretErr != nil {
			err = errors.Join(err, fmt.Errorf("%w: %w", ErrPasswordNotKept, secretErr))
		}
	}
	return err
}

// Forget forgets who signed in last, the password included.
func (s *Store) Forget(ctx context.Context) error {
	before, server := s.Settings().Account, append(s.Servers(), "")[0]
	err := s.Change(func(k *kept.Settings) { k.Account = kept.Account{Guest: true} })
	if before.User != "" {
		err = errors.Join(err, s.Secrets.Delete(ctx, settings.PasswordOf(serverKey(server), before.User)))
	}
	return err
}

// ErrPasswordNotKept means that the password has to be typed again at the next start.
var ErrPasswordNotKept = errors.New("password not kept")

// Remembered fills the sign in screen, the password included where the keyring has it.
func (s *Store) Remembered(ctx context.Context) views.SignIn {
	account := s.Settings().Account
	form := views.SignIn{Server: append(s.Servers(), "")[0], Name: account.Name, User: account.User, Guest: account.Guest,
		Remember: account.Remember}
	if account.Remember && !account.Guest && account.User != "" {
		if password, err := s.Secrets.Get(ctx, settings.PasswordOf(serverKey(form.Server), account.User)); err == nil {
			form.Password = password
		}
	}
	return form
}

// SignedOut makes the next start wait at the sign in screen.
func (s *Store) SignedOut() error { return s.Change(func(k *kept.Settings) { k.SignedIn = false }) }
