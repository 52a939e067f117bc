# Firebreak. `make demo` runs the main job, `make test` the tests; each installs what it needs and says so.

export SWIFT_BACKTRACE = enable=no
RELEASE = swift build -c release --static-swift-stdlib
COMMANDS = firebreak firebreak-control firebreak-agent firebreak-worker firebreak-broker firebreak-guard

.PHONY: help build demo run simulate scoreboard test power-cut-sweep check lint format bench bench-gate bench-detect bench-exec bench-endpoint try-builds soak-kills fuzz-detect fuzz-log fuzz-tuf bench-log bench-tuf conformance vm-test layers clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build the commands into .build/release
	@scripts/install-packages.sh build
	@echo "firebreak: building the commands (4 to 10 minutes the first time)"
	@for command in $(COMMANDS); do scripts/build.sh "building $$command" $(RELEASE) --product $$command || exit 1; done

demo: build ## Tell the story of one bad update, stopped: about a minute after the build
	@.build/release/firebreak demo

run: build ## Start the control plane and one live agent on this machine
	@scripts/run.sh

SEED ?= 1
simulate: build ## Replay one seed of hostile weather against the gate: make simulate SEED=7
	@.build/release/firebreak simulate --weather $(SEED)

FLEET ?= 1000000
scoreboard: build ## Run every past incident against every policy, and rewrite docs/scoreboard
	@.build/release/firebreak scoreboard --fleet $(FLEET) --out docs/scoreboard

test: ## Run every test
	@scripts/install-packages.sh build test
	@scripts/install-peers.sh
	@$(MAKE) --no-print-directory lint
	@echo "firebreak: building the tests (4 to 6 minutes the first time)"
	@scripts/build.sh "building the tests" swift build --build-tests
	@swift test --skip-build

power-cut-sweep: ## Cut the power, and kill agent and guard, at every call that changes their state (10 minutes after the build)
	@scripts/install-packages.sh build test
	@scripts/build.sh "building the tests" swift build --build-tests
	@POWER_CUT_SWEEP=all swift test --skip-build --filter "PowerCutTests|LogFolderCutTests"

check: test ## What to run before a push

lint: ## Hold the sources to the format
	@swift format lint --strict --parallel --recursive $$(git ls-files 'Package.swift' 'Sources/*.swift' 'Tests/*.swift' 'Benchmarks/*.swift' | grep -v /Generated/)

format: ## Rewrite the sources in the format
	@swift format --in-place --parallel $$(git ls-files 'Package.swift' 'Sources/*.swift' 'Tests/*.swift' 'Benchmarks/*.swift' | grep -v /Generated/)

SEEDS ?= 20
bench-gate: ## Measure what the gate promises, on simulated fleets; SEEDS=200 for the full count
	@scripts/install-packages.sh build
	@scripts/build.sh "building the gate's benchmark" $(RELEASE) --product gate-benchmark
	@.build/release/gate-benchmark --seeds $(SEEDS)

RULES ?= content/linux-core/rules
EVENTS ?= content/recordings/server.jsonl
bench-detect: ## Measure detection on files, beside zargunlite: make bench-detect RULES=folder EVENTS=file.jsonl
	@scripts/install-packages.sh build
	@scripts/install-peers.sh detect
	@scripts/build.sh "building detection's benchmark" $(RELEASE) --product detect-benchmark
	@taskset -c 0 .build/release/detect-benchmark --rules $(RULES) --events $(EVENTS) --peer-python .build/peers-detect/bin/python

bench-exec: ## Measure what an execution costs under the broker, beside none and auditd (root)
	@scripts/install-packages.sh build bench-exec
	@scripts/build.sh "building the broker" $(RELEASE) --product firebreak-broker
	@scripts/build.sh "building the broker's benchmark" $(RELEASE) --product exec-latency
	@scripts/bench-exec.sh .build/release --json .build/exec-latency.json

PAIRS ?= 10000000
fuzz-detect: ## Run hostile programs over hostile events under the address sanitizer: make fuzz-detect PAIRS=10000000
	@scripts/install-packages.sh build
	@scripts/build.sh "building the fuzz program" swift build -c release --sanitize=address --scratch-path .build/asan --product detection-fuzz
	@ASAN_OPTIONS=detect_leaks=0 .build/asan/release/detection-fuzz --pairs $(PAIRS) --seed $(SEED) --rules $(RULES)

EXECUTIONS ?= 10000000
fuzz-log: ## Give hostile notes, checkpoints, tiles, bundles and proofs to the log's parsers: make fuzz-log EXECUTIONS=10000000
	@scripts/install-packages.sh build
	@scripts/build.sh "building the log's fuzz program" swift build -c release --sanitize=address --scratch-path .build/asan --product log-fuzz
	@ASAN_OPTIONS=detect_leaks=0 .build/asan/release/log-fuzz --executions $(EXECUTIONS) --seed $(SEED)

fuzz-tuf: ## Give hostile metadata to the TUF parsers and to a whole client: make fuzz-tuf EXECUTIONS=10000000
	@scripts/install-packages.sh build
	@scripts/build.sh "building the metadata's fuzz program" $(RELEASE) --product tuf-fuzz
	@.build/release/tuf-fuzz --executions $(EXECUTIONS) --seed $(SEED)

bench-log: ## Measure the log: appends by batch, proofs beside Go's sumdb, an audit of 100,000 verdicts
	@scripts/install-packages.sh build bench-log
	@scripts/build.sh "building the log's benchmark" $(RELEASE) --product log-benchmark
	@GO111MODULE=off GOPATH=/usr/share/gocode go build -o .build/log_peer Tests/LogStoreTests/Peer/log_peer.go
	@.build/release/log-benchmark .build/log-benchmark-folder .build/log_peer
	@scripts/build.sh "building the audit's benchmark" $(RELEASE) --product audit-benchmark
	@.build/release/audit-benchmark

bench-tuf: ## Measure a refresh and a download against 10,000 targets, beside python-tuf
	@scripts/install-packages.sh build bench-tuf
	@scripts/install-peers.sh tuf
	@scripts/build.sh "building the TUF client" $(RELEASE) --product firebreak-tuf-client
	@.build/peers-tuf/bin/python scripts/tuf-bench.py --json .build/tuf-bench.json

SUITE ?=
conformance: ## Run the public TUF client conformance suite: make conformance SUITE=checkout
	@scripts/install-packages.sh build conformance
	@scripts/build.sh "building the TUF client" $(RELEASE) --product firebreak-tuf-client
	@scripts/tuf-conformance.sh "$(SUITE)" -q

bench: build bench-gate ## Measure, beside peers in the same run
	@scripts/install-packages.sh bench
	@scripts/build.sh "building the benchmark" $(RELEASE) --product checkin-benchmark
	@.build/release/checkin-benchmark

BIN ?= .build/release
bench-endpoint: build ## Measure an endpoint: idle cost, events without loss, the host's own work; as root, on a quiet machine
	@scripts/endpoint-bench.py idle --bin $(BIN) --json .build/endpoint-idle.json
	@scripts/endpoint-bench.py load --bin $(BIN) --json .build/endpoint-load.json

try-builds: build ## Roll out builds of the agent to a real endpoint, one good and two broken, in a minute; as root
	@scripts/endpoint-bench.py builds --bin $(BIN) --json .build/endpoint-builds.json

MINUTES ?= 10
soak-kills: build ## Kill guard, agent and worker at random under load: make soak-kills MINUTES=10 SEED=7
	@scripts/endpoint-bench.py kills --bin $(BIN) --minutes $(MINUTES) --seed $(SEED) --json .build/endpoint-kills.json

VM ?=
vm-test: ## Break real machines in nine ways and watch them mend themselves, 3 to 6 minutes: make vm-test VM=panic
	@if scripts/vm-test/possible.sh; then $(MAKE) --no-print-directory build && python3 scripts/vm-test/vm_test.py $(VM); fi

layers: build ## Run the 19 July defect against shadow, trial and guard, each alone: half a minute
	@scripts/layers.py --bin $(BIN) --json .build/layers.json

clean: ## Remove what was built and what ran, but no content
	@rm -rf .build var
