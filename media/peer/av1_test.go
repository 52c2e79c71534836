package peer

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtp/codecs"

	"parley/media/codec"
)

// obu writes an OBU with its size; extension is temporal and spatial id, 0 for none.
func obu(kind, extension byte, payload []byte) []byte {
	b := []byte{kind<<3 | codec.OBUHasSize}
	if extension != 0 {
		b = append(b, extension)
		b[0] |= 4
	}
	return append(codec.AppendLEB128(b, uint64(len(payload))), payload...)
}

func noise(n int) []byte {
	random, b := rand.New(rand.NewPCG(uint64(n), 7)), make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

var delimiter = obu(codec.OBUTemporalDelimiter, 0, nil)

// temporalUnits of several shapes, without what is not sent.
func temporalUnits() map[string][]byte {
	const frame, header, group, metadata = 6, 3, 4, 5
	sequence := obu(codec.OBUSequenceHeader, 0, noise(11))
	return map[string][]byte{
		"small frame":              obu(frame, 0, noise(20)),
		"a frame of one packet":    obu(frame, 0, noise(mtu-2)),
		"one byte more":            obu(frame, 0, noise(mtu-1)),
		"large frame":              obu(frame, 0, noise(20_000)),
		"small key frame":          slices.Concat(sequence, obu(frame, 0, noise(500))),
		"key frame to the brim":    slices.Concat(sequence, obu(frame, 0, noise(mtu-1-1-12-1))),
		"large key frame":          slices.Concat(sequence, obu(frame, 0, noise(30_000))),
		"no payload":               slices.Concat(obu(header, 0, nil), obu(group, 0, noise(9))),
		"tile groups":              slices.Concat(obu(header, 0, noise(30)), obu(group, 0, noise(3000)), obu(group, 0, noise(10)), obu(group, 0, noise(2345))),
		"many small ones":          slices.Concat(sequence, obu(metadata, 0, noise(3)), obu(metadata, 0, noise(130)), obu(header, 0, noise(9)), obu(group, 0, noise(127)), obu(group, 0, noise(128))),
		"layers":                   slices.Concat(obu(frame, 0x08, noise(100)), obu(frame, 0x10, noise(100)), obu(frame, 0x10, noise(5))),
		"a sequence in the middle": slices.Concat(obu(frame, 0, noise(10)), sequence, obu(frame, 0, noise(10))),
	}
}

// cut packetizes a unit and checks what holds for any payload.
func cutAV1(t testing.TB, unit []byte) (payloads [][]byte) {
	t.Helper()
	ends := 0
	newPacketizer(format{name: "AV1"}).packetize(unit, true, func(payload []byte, last bool) {
		if len(payload) < 2 || len(payload) > mtu {
			t.Errorf("payload of %d bytes", len(payload))
		}
		if last {
			ends++
		} else if ends > 0 {
			t.Error("a packet after the last")
		}
		payloads = append(payloads, slices.Clone(payload))
	})
	if len(payloads) > 0 && ends != 1 {
		t.Errorf("%d ends", ends)
	}
	return payloads
}

func joinAV1(t testing.TB, payloads [][]byte) (unit []byte) {
	t.Helper()
	d := newDepacketizer("AV1")
	d.reset()
	for i, payload := range payloads {
		var err error
		if unit, err = d.append(unit, payload); err != nil {
			t.Fatalf("packet %d of %d, % x: %v", i, len(payloads), payload[:min(12, len(payload))], err)
		}
	}
	return unit
}

func TestAV1RoundTrip(t *testing.T) {
	for name, unit := range temporalUnits() {
		t.Run(name, func(t *testing.T) {
			// What says nothing to the receiver stays here.
			payloads := cutAV1(t, slices.Concat(delimiter, unit, obu(codec.OBUPadding, 0, noise(50)), obu(codec.OBUTileList, 0, noise(5))))
			if got := joinAV1(t, payloads); !bytes.Equal(got, unit) {
				t.Errorf("%d bytes became %d", len(unit), len(got))
			}
			if most := (len(unit)+mtu)/(mtu-8) + 3; len(payloads) > most {
				t.Errorf("%d packets, want at most %d", len(payloads), most)
			}
			first, _, _ := codec.NextOBU(unit)
			for i, payload := range payloads {
				if got, want := payload[0]&av1NewVideo != 0, i == 0 && first.Kind() == codec.OBUSequenceHeader; got != want && name != "a sequence in the middle" {
					t.Errorf("packet %d: N is %v", i, got)
				}
			}
		})
	}
}

// TestAV1LikePion: pion's depacketizer reads our packets, and ours reads pion's.
func TestAV1LikePion(t *testing.T) {
	for name, unit := range temporalUnits() {
		t.Run(name, func(t *testing.T) {
			whole := slices.Concat(delimiter, unit)
			var theirs codecs.AV1Depacketizer
			var got []byte
			for _, payload := range cutAV1(t, whole) {
				part, err := theirs.Unmarshal(payload)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, part...)
			}
			if !bytes.Equal(got, unit) {
				t.Errorf("pion makes %d bytes of %d", len(got), len(unit))
			}
			for _, size := range []uint16{1180, 1000, 600, 50} {
				if got := joinAV1(t, (&codecs.AV1Payloader{}).Payload(size, whole)); !bytes.Equal(got, unit) {
					t.Errorf("of pion's packets of %d bytes we make %d bytes of %d", size, len(got), len(unit))
				}
			}
		})
	}
}

// TestAV1BrokenPayloads: lengths and flags of the network are not believed.
func TestAV1BrokenPayloads(t *testing.T) {
	for name, payloads := range map[string][][]byte{
		"only a header":                 {{0x10}},
		"goes on from nothing":          {{0x90, 0x30, 1, 2}},
		"begins within an open element": {{0x50, 0x30, 1}, {0x10, 0x30, 2}},
		"longer than the packet":        {{0x20, 9, 0x30, 1}},
		"a length without an end":       {{0x00, 0xff, 0xff, 0xff}},
		"fewer elements than announced": {{0x30, 2, 0x30, 1}},
		"more elements than announced":  {{0x00, 0x02, 0x30, 1, 0x05}},
		"forbidden bit":                 {{0x10, 0xb0, 1}},
		"extension that is not there":   {{0x10, 0x34}},
		"an OBU's own size too long":    {{0x10, 0x32, 9, 1}},
		"an OBU's own size too short":   {{0x10, 0x32, 1, 1, 1}},
	} {
		d := newDepacketizer("AV1")
		d.reset()
		var unit []byte
		var err error
		for _, payload := range payloads {
			if unit, err = d.append(unit, payload); err != nil {
				break
			}
		}
		if err == nil {
			t.Errorf("%s: % x", name, unit)
		}
	}
	// An element with a size of its own is taken as it is, whatever announces it.
	for _, payload := range [][]byte{{0x10, 0x32, 2, 7, 8}, {0x00, 4, 0x32, 2, 7, 8}, {0x20, 2, 0x12, 0, 0x30, 7, 8}, {0x30, 0, 0, 0x30, 7, 8}} {
		if got := joinAV1(t, [][]byte{payload}); !bytes.Equal(got, []byte{0x32, 2, 7, 8}) {
			t.Errorf("% x: % x", payload, got)
		}
	}
}

func TestAV1DoesNotAllocate(t *testing.T) {
	unit := temporalUnits()["large key frame"]
	p, d := newPacketizer(format{name: "AV1"}), newDepacketizer("AV1")
	out := make([]byte, 0, 2*len(unit))
	emit := func(payload []byte, _ bool) { out, _ = d.append(out, payload) }
	step := func() {
		out = out[:0]
		d.reset()
		p.packetize(unit, true, emit)
	}
	step()
	if n := testing.AllocsPerRun(100, step); n != 0 && !raceDetector {
		t.Errorf("%v allocations a frame", n)
	}
	if !bytes.Equal(out, unit) {
		t.Error("the frame is another")
	}
}

// FuzzAV1: whatever comes, the depacketizer gives whole OBUs with sizes, or an error; those come through our packets and
// pion's reading of them unchanged.
func FuzzAV1(f *testing.F) {
	for _, unit := range temporalUnits() {
		payloads := cutAV1(f, unit)
		f.Add(payloads[0], payloads[len(payloads)-1])
	}
	f.Add([]byte{0x00, 4, 0x32, 2, 7, 8}, []byte{0x30, 0, 0, 0x30, 7, 8})
	f.Fuzz(func(t *testing.T, a, b []byte) {
		d := &av1Depacketizer{}
		unit, err := d.append(nil, a)
		if err == nil {
			unit, err = d.append(unit, b)
		}
		if err != nil || d.open {
			return
		}
		for rest := unit; len(rest) > 0; {
			one, following, ok := codec.NextOBU(rest)
			if !ok || one.Header[0]&codec.OBUHasSize == 0 {
				t.Fatalf("% x", unit)
			}
			rest = following
		}
		payloads := cutAV1(t, unit)
		again := joinAV1(t, payloads)
		if !bytes.Equal(sizesAnew(again), sizesAnew(unit)) {
			t.Fatalf("% x became % x", unit, again)
		}
		var theirs codecs.AV1Depacketizer
		var read []byte
		for _, payload := range payloads {
			part, err := theirs.Unmarshal(payload)
			if err != nil {
				t.Fatalf("pion: %v", err)
			}
			read = append(read, part...)
		}
		if !bytes.Equal(read, again) {
			t.Fatalf("pion reads % x, want % x", read, again)
		}
	})
}

// sizesAnew writes every size as short as it can be: the network may send longer ones.
func sizesAnew(unit []byte) (out []byte) {
	for len(unit) > 0 {
		one, rest, _ := codec.NextOBU(unit)
		out = append(out, one.Header...)
		out = append(codec.AppendLEB128(out, uint64(len(one.Payload))), one.Payload...)
		unit = rest
	}
	return out
}
