# Everything a newcomer needs is `make run` and `make test`; both install the Debian packages they miss.

# Opus files (.opus) are never read: without this tag the build would need libopusfile.
TAGS := nolibopusfile

.PHONY: run demo build test check windows test-windows screenshots bench bench-ui bench-network bench-media bench-connector bench-hour fmt lint clean packages go fuzz cover

run: packages build demo

demo:
	scripts/demo.sh ./parley

build: go
	go build -tags $(TAGS) -o parley .

test: go
	scripts/packages.sh test
	scripts/test.sh

# the program for Windows, in .cache/windows/parley.exe
windows: go
	scripts/cross-windows.sh

# what was built for Windows, tried under Wine
test-windows: go
	scripts/test-windows.sh

# the checks of `make test` without its tests
check lint: go
	scripts/test.sh check

# a call beside Chromium's and baresip's with the same content
bench: go build
	scripts/packages.sh bench
	PARLEY_BINARY=$(CURDIR)/parley go run -tags $(TAGS) ./e2e/bench

	$(MAKE) bench-connector

# call set-up, memory over many calls, what goes through the connector
bench-connector: go
	scripts/bench-connector.sh

# an hour in a call: memory, and sound and picture together; ARGS="-for 10m" for less
bench-hour: go
	scripts/packages.sh bench
	go run -tags $(TAGS) ./e2e/bench/hour $(ARGS)

# what a picture costs: encode, decode, convert, scale, draw
bench-media: go
	scripts/packages.sh bench
	go run -tags $(TAGS) ./e2e/bench/media

# the pictures of the user guide, by a walk through the window in both languages and themes
screenshots: go
	scripts/packages.sh test
	scripts/screenshots.sh

# calls over bad networks; needs root
bench-network: go build
	scripts/packages.sh bench
	PARLEY_BINARY=$(CURDIR)/parley go run -tags $(TAGS) ./e2e/bench/network $(ARGS)

# ten minutes for each target that reads what comes from the network
fuzz: go
	scripts/fuzz.sh 10m

# how much of the connector its tests run
cover: go
	scripts/cover.sh

# the window: start, idle, a click during a call
bench-ui: go build
	scripts/packages.sh test
	PARLEY_BINARY=$(CURDIR)/parley go run -tags $(TAGS) ./e2e/benchui

fmt:
	gofmt -w $$(git ls-files '*.go')

packages:
	scripts/packages.sh run

go:
	scripts/go.sh

clean:
	rm -rf parley demo.png artefacts
