package transaction

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/emiago/sipgo/sip"

	"parley/connector/sip/internal/pipe"
)

// torture says what becomes of each message of RFC 4475: "" parses, a code is the answer, "drop" is neither. What parses
// though the RFC calls it invalid is for the user of the layer to refuse (unknown schemes, extensions, bodies) or harmless
// to a user agent (a Max-Forwards of 0, dates, the registrar's business).
var torture = map[string]string{
	"badaspec": "400", "badbranch": "", "baddate": "", "baddn": "400", "badinv01": "400", "badvers": "505", "bcast": "",
	"bext01": "", "bigcode": "drop", "clerr": "400", "cparam01": "", "cparam02": "", "escruri": "", "insuf": "400",
	"inv2543": "", "invut": "", "ltgtruri": "400", "lwsruri": "400", "lwsstart": "400", "mcl01": "400", "mismatch01": "400",
	"mismatch02": "400", "multi01": "400", "ncl": "400", "novelsc": "416", "quotbal": "400", "regaut01": "", "regbadct": "",
	"regescrt": "", "scalar02": "400", "scalarlg": "drop", "sdp01": "", "test": "drop", "trws": "400", "unkscm": "",
	"unksm2": "", "zeromf": "",
	"dblreq": "", "esc01": "", "esc02": "", "escnull": "", "intmeth": "", "longreq": "", "lwsdisp": "", "mpart01": "",
	"noreason": "", "semiuri": "", "transports": "", "unreason": "", "wsinv": "",
}

// The messages of RFC 4475 at the parser.
func TestTorture(t *testing.T) {
	files, _ := filepath.Glob("testdata/torture/*/*.dat")
	if len(files) != len(torture) {
		t.Fatalf("%d files, %d expectations", len(files), len(torture))
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if _, err := Parse(raw); err != nil {
			got = "drop"
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("%s: %v", file, err)
			}
			if answer := answerMalformed(raw, err); answer != nil {
				got = strings.Fields(string(answer))[1]
			}
		}
		name := strings.TrimSuffix(filepath.Base(file), ".dat")
		if want, known := torture[name]; !known || got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// TestMalformedCostsOnlyItself sends all of them and then a sound request, which must be answered.
func TestMalformedCostsOnlyItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pipe.New()
		client, _ := run(t, a, Options{})
		malformed := 0
		run(t, b, Options{OnMalformed: func([]byte, error) { malformed++ }, OnRequest: func(_ *sip.Request, tx *Server) {
			if tx != nil {
				respond(t, tx, 200)
			}
		}})
		files, _ := filepath.Glob("testdata/torture/*/*.dat")
		for _, file := range files {
			raw, _ := os.ReadFile(file)
			if err := a.Write(context.Background(), raw); err != nil {
				t.Fatal(err)
			}
		}
		if res, err := client.Do(t.Context(), request(sip.OPTIONS)); err != nil || res.StatusCode != 200 {
			t.Errorf("%v, %v", res, err)
		}
		if malformed < 20 {
			t.Errorf("%d malformed", malformed)
		}
	})
}

// A method keeps its case, which is part of it.
func TestMethodKeepsItsCase(t *testing.T) {
	raw := "Foo sip:a@b SIP/2.0\r\nVia: SIP/2.0/WSS x;branch=z9hG4bK1\r\nf: <sip:a@b> ; tag = 1\r\nt: <sip:a@b>\r\ni: 1\r\n" +
		"CSeq: 1 Foo\r\n\r\n"
	m, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if tag, _ := m.From().Params.Get("tag"); m.(*sip.Request).Method != "Foo" || tag != "1" {
		t.Errorf("method %q tag %q", m.(*sip.Request).Method, tag)
	}
}

// Contacts with quoted GRUUs are read whole.
func TestContactsWithGRUUs(t *testing.T) {
	raw := "SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS x;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\n" +
		"CSeq: 1 REGISTER\r\nContact: <sip:1@b>;expires=10,\r\n \"A, \\\"B\\\"\" <sip:2@b;x=y>;pub-gruu=\"sip:a@b;gr=urn:uuid:1\";" +
		"temp-gruu=\"sip:t==@b;gr\";expires=20\r\n\r\n"
	m, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	contacts := m.GetHeaders("contact")
	if len(contacts) != 2 || m.(*sip.Response).Contact().Address.User != "1" {
		t.Fatalf("contacts %v", contacts)
	}
	for _, h := range contacts {
		c := h.(*sip.ContactHeader)
		if c.Address.User != "2" {
			continue
		}
		pub, _ := c.Params.Get("pub-gruu")
		temp, _ := c.Params.Get("temp-gruu")
		expires, _ := c.Params.Get("expires")
		if pub != `"sip:a@b;gr=urn:uuid:1"` || temp != `"sip:t==@b;gr"` || expires != "20" {
			t.Errorf("%q %q %q", pub, temp, expires)
		}
	}
}

// FuzzReceive feeds the whole path that bytes from the network take.
func FuzzReceive(f *testing.F) {
	files, _ := filepath.Glob("testdata/torture/*/*.dat")
	for _, file := range files {
		raw, _ := os.ReadFile(file)
		f.Add(raw)
	}
	f.Add([]byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS x;branch=z9hG4bK1\r\nContact: <sip:a@b>;pub-gruu=\"sip:a;gr\"\r\n\r\n"))
	f.Add([]byte("CANCEL sip:a SIP/2.0\r\nVia: SIP/2.0/WSS x\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 CANCEL\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l := New(nil, Options{Transport: "WSS", OnRequest: func(req *sip.Request, tx *Server) {
			if tx != nil {
				_ = tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil))
			}
		}, OnStray: func(res *sip.Response) { _ = res.String() }})
		l.receive(raw)
		l.receive(raw)
		l.shut(nil)
	})
}
