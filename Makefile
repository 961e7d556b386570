# make help lists the targets. None of them needs more than Go; e2e wants a
# Chromium, and tests use PostgreSQL and Redis when TEST_DATABASE_URL and
# TEST_REDIS_URL are set.
GO ?= go
LINT ?= golangci-lint

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## the demo: everything embedded, real blockers, pages stay up
	$(GO) run ./cmd/shujie demo

.PHONY: build
build: ## bin/shujie, static
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/shujie ./cmd/shujie

.PHONY: test
test: ## all tests, nothing needed but Go
	$(GO) test ./...

.PHONY: race
race: ## all tests under the race detector, in random order
	$(GO) test -race -shuffle=on ./...

.PHONY: e2e
e2e: ## each of the three users does their part in Chromium (TEST_CHROMIUM names it)
	$(GO) test -tags=smoke -count=1 ./web
	$(GO) test -tags=smoke -count=1 -run Smoke ./cmd/shujie

.PHONY: bench
bench: ## how fast this machine moves cases
	$(GO) run ./cmd/shujie bench

.PHONY: cover
cover: ## coverage over all packages, as a page
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out | tail -n 1
	$(GO) tool cover -html=cover.out -o cover.html

.PHONY: fmt
fmt: ## gofumpt and import groups
	$(LINT) fmt

.PHONY: lint
lint: ## vet, linters and the import rule
	$(GO) vet ./...
	$(LINT) fmt --diff
	$(LINT) run

.PHONY: check
check: lint race ## what a commit must pass

.PHONY: ci
ci: ## the whole of CI
	./.ci/run
