package mf

import (
	"slices"
	"testing"

	"github.com/pion/mediadevices/pkg/driver"
)

func TestCamerasAreListedAsTheyAre(t *testing.T) {
	links := func() (list []string) {
		for _, c := range List() {
			if c.Info().Name == "" || c.Info().Label != c.ID() || c.Status() != driver.StateClosed {
				t.Errorf("camera %+v", c)
			}
			list = append(list, c.ID())
		}
		return list
	}
	if first, second := links(), links(); !slices.Equal(first, second) {
		t.Errorf("first %q, then %q", first, second)
	}
}

func TestACameraThatIsGone(t *testing.T) {
	c := &Camera{name: "Gone", link: `\\?\usb#vid_0000&pid_0000#nothing`, state: driver.StateClosed}
	if err := c.Open(); err == nil {
		t.Fatal("it was opened")
	}
	if c.Status() != driver.StateClosed || len(c.Properties()) != 0 {
		t.Errorf("%v, %v", c.Status(), c.Properties())
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestFormatsByTheirFourCharacters(t *testing.T) {
	if got := fourCC("YUY2"); got != 0x32595559 {
		t.Errorf("got %#x", got)
	}
}
