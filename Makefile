# Everything that people and CI run; `make` prints what there is.
# Settings are given behind the target (make run ARGS="--comms-port 9000") or in
# the environment; each program tells its own with --help.

.DEFAULT_GOAL := help
SHELL := /bin/bash
ARGS ?=

# gotestsum counts at the end. Tests on a cluster take minutes: they tell their progress.
TEST = go run ./cmd/tool run gotestsum -- --format pkgname-and-test-fails --
E2E = go run ./cmd/tool run gotestsum -- --format standard-verbose -- -tags=e2e -count=1 -timeout=60m
TEST_FLAGS ?=
# What the tests run besides our own programs. It is built before them: the first
# time takes longer than a test may.
TEST_TOOLS = daprd jaeger helm kubectl kube-score

##@ Without a cluster

.PHONY: run
run: ## Run both services with their sidecars and Jaeger as processes, until Ctrl-C
	@go build -o bin/selfhost ./cmd/selfhost && exec bin/selfhost $(ARGS)

.PHONY: trace
trace: ## Print the newest trace as a tree
	@go run ./cmd/trace $(ARGS)

##@ On a kind cluster

.PHONY: cluster
cluster: ## Make the local kind cluster, or use the one that is there
	@go run ./cmd/cluster up $(ARGS)

.PHONY: deploy
deploy: ## Build, load and apply the whole system onto the cluster, and wait for it
	@go run ./cmd/deploy $(ARGS)

.PHONY: status
status: ## Say whether the cluster is there, and its addresses
	@go run ./cmd/cluster status $(ARGS)

.PHONY: down
down: ## End Tilt, if it runs, and remove the cluster and all that belongs to it
	@go run ./cmd/tiltloop stop
	@go run ./cmd/cluster down $(ARGS)

.PHONY: images
images: ## Make every image of the cluster, pulled or from source
	@go run ./cmd/images build $(ARGS)

.PHONY: render
render: ## Render the platform's manifests again from their pinned charts
	@go run ./cmd/render $(ARGS)

##@ The inner loop

.PHONY: up
up: ## The cluster and Tilt on it: an edit is live within seconds, until Ctrl-C
	@go run ./cmd/cluster up
	@go build -o bin/tiltloop ./cmd/tiltloop && exec bin/tiltloop up $(ARGS)

##@ Load

.PHONY: load
load: ## Send 100 requests to what is up, judge every trace, write a report
	@go run ./cmd/load $(ARGS)

.PHONY: load-job
load-job: ## The same from inside the kind cluster, through a sidecar of the load's own
	@go run ./cmd/load-job $(ARGS)

.PHONY: load-charts
load-charts: ## Bundle the report's chart library again from its lock file (npm)
	@cd internal/load/htmlreport/charts && npm ci --no-audit --no-fund && npm run build

##@ Production

.PHONY: parity
parity: ## Print in which fields the environments differ, and why each may
	@go run ./cmd/parity $(ARGS)

##@ Tests

.PHONY: test
test: vet lint unit ## Vet, lint, and all tests that need no cluster (real sidecars included)

.PHONY: vet
vet:
	@go vet -tags=e2e ./...

.PHONY: lint
lint: ## Run the pinned golangci-lint
	@go run ./cmd/tool run golangci-lint -- run $(ARGS)

.PHONY: unit
unit: ## Run the tests alone
	@go run ./cmd/tool build $(TEST_TOOLS) >/dev/null
	@$(TEST) $(TEST_FLAGS) ./...

.PHONY: e2e
e2e: images ## Run the suite on a kind cluster of its own (E2E_MODE=dev keeps it for the next run)
	@$(E2E) $(TEST_FLAGS) ./test/e2e

.PHONY: e2e-tilt
e2e-tilt: images ## Run the inner loop's suite with a real Tilt on a kind cluster of its own
	@go run ./cmd/tool build tilt dlv
	@$(E2E) $(TEST_FLAGS) ./test/tilt

.PHONY: rehearse
rehearse: images ## Run the suite on EKS's own overlay, on a kind cluster of two workers
	@E2E_VARIANT=rehearsal $(E2E) $(TEST_FLAGS) ./test/e2e

FUZZ_TIME ?= 30s
.PHONY: fuzz
fuzz: ## Fuzz the decoder and the traceparent parser, FUZZ_TIME each
	go test -run='^$$' -fuzz=FuzzDecode -fuzztime=$(FUZZ_TIME) ./internal/httpserver
	go test -run='^$$' -fuzz=FuzzParseTraceparent -fuzztime=$(FUZZ_TIME) ./internal/tracecontext

##@ Benchmarks

.PHONY: bench-load
bench-load: ## Measure what the load costs: processor, memory, size of the report
	go test -run='^$$' -bench=. -benchtime=1x ./internal/load/... ./test/load

.PHONY: bench-invoke
bench-invoke: ## Measure comms' two adapters against the floor of two sidecars
	@go run ./cmd/bench-invoke $(ARGS)

.PHONY: bench-loop
bench-loop: ## Measure edit to answer, with live update and without, on a cluster of its own
	@go run ./cmd/bench-loop $(ARGS)

##@ Tools

.PHONY: tools-build
tools-build: ## Build every pinned tool from source
	@go run ./cmd/tool build -all

.PHONY: tools-prune
tools-prune: ## Remove old versions of tools from the cache
	@go run ./cmd/tool prune

.PHONY: tools
tools: ## List the pinned tools and whether they are built
	@go run ./cmd/tool list

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
