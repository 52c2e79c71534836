package settings

import (
	"errors"
	"testing"

	"github.com/zalando/go-keyring"
)

func TestKeyring(t *testing.T) {
	keyring.MockInit()
	ctx, name := t.Context(), PasswordOf("meet.test", "1001")
	k := Keyring{}
	if err := k.Available(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(ctx, name); !errors.Is(err, ErrNoSecret) {
		t.Errorf("before: %v", err)
	}
	if err := k.Set(ctx, name, "secret"); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get(ctx, name); err != nil || got != "secret" {
		t.Errorf("kept %q, %v", got, err)
	}
	for range 2 {
		if err := k.Delete(ctx, name); err != nil {
			t.Error(err)
		}
	}
	broken := errors.New("no keyring runs")
	keyring.MockInitWithError(broken)
	if err := k.Available(ctx); !errors.Is(err, broken) {
		t.Errorf("without a keyring: %v", err)
	}
	if err := k.Set(ctx, name, "secret"); !errors.Is(err, broken) {
		t.Errorf("without a keyring: %v", err)
	}
}
