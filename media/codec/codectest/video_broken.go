package codectest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"parley/media/codec"
)

// broken damages a stream in every way a network can, and asks for recovery at the next key frame each time.
func (s suite) broken(t *testing.T) {
	e := s.encoder(t, usual())
	var stream [][]byte
	for i, f := range frames(640, 360, 6) {
		if data, _ := encode(t, e, f, i == 0); len(data) > 0 {
			stream = append(stream, data)
		}
	}
	Broken(t, s.VideoAdapter, stream)
}

// Broken feeds a stream, which begins with a key frame and goes on without one, damaged in every way a network can, and
// asks for recovery at the next key frame each time.
func Broken(t *testing.T, a codec.VideoAdapter, stream [][]byte) {
	t.Helper()
	s := suite{a}
	d := s.decoder(t)
	random := rand.New(rand.NewPCG(1, 2))
	failed, need := 0, 0
	feed := func(data []byte) {
		f, err := d.Decode(data)
		if err != nil {
			failed++
		}
		if errors.Is(err, codec.ErrNeedKeyFrame) {
			need++
		}
		if f != nil {
			f.Release()
		}
	}
	again := func(what string) {
		t.Helper()
		f, err := d.Decode(stream[0])
		if err != nil || f == nil {
			t.Fatalf("after %s the key frame gives %v, %v", what, f, err)
		}
		f.Release()
	}
	for _, data := range [][]byte{nil, {}, {0}, {0, 0, 0, 1}, make([]byte, 4096)} {
		feed(data)
	}
	again("empty and zero input")
	for range 150 {
		noise := make([]byte, random.IntN(2000))
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		feed(noise)
	}
	again("noise")
	for _, data := range stream {
		for _, n := range []int{1, 3, 9, 20, len(data) / 2, len(data) - 1} {
			feed(data[:min(max(n, 0), len(data))])
			again("a cut unit")
		}
	}
	for range 300 {
		data := slices.Clone(stream[random.IntN(len(stream))])
		for range 1 + random.IntN(20) {
			data[random.IntN(len(data))] ^= byte(1 << random.IntN(8))
		}
		feed(data)
		if random.IntN(4) == 0 {
			again("flipped bits")
		}
	}
	again("flipped bits")
	for range 100 { // damage in the headers, where sizes are
		data := slices.Clone(stream[0])
		data[random.IntN(min(40, len(data)))] = byte(random.Uint32())
		feed(data)
	}
	again("a damaged header")
	if failed == 0 || need == 0 {
		t.Errorf("%d errors, %d of them ErrNeedKeyFrame, after so much damage", failed, need)
	}
	for _, data := range stream[1:] {
		decode(t, d, data).Release()
	}
}
