# The daily commands; `make` lists them. ARGS goes to the program: make test ARGS=name_of_a_test
.DEFAULT_GOAL := help
.PHONY: help up test torture bench fuzz-http lint fmt schemas freeze servers stop clean
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

CARGO_TARGET_DIR ?= target
# Where rustup puts cargo, for shells older than its installation.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-9s %s\n", $$1, $$2 }' Makefile

up: ## build the release and run the whole system, with a Kafka where one can be had; Ctrl-C ends it
	@infra/dev/setup build
	@infra/dev/setup postgres
	@cargo build --release --locked -p xentri
	@exec $(if $(XENTRI_KAFKA_BROKERS),,infra/dev/with-servers --try-kafka) "$(CARGO_TARGET_DIR)/release/xentri" up $(if $(DATABASE_URL),,--demo) $(ARGS)

test: ## every test, on a real Postgres and Kafka started for it
	@infra/dev/setup all
	@infra/dev/with-servers cargo test --workspace --exclude xentri-bench --locked --no-fail-fast $(ARGS)

# On servers of its own, so that none that is up is struck. XENTRI_TORTURE_SEED=… strikes in the same order again.
torture: ## the system under load, struck N times at random; then all must be right: make torture N=200
	@infra/dev/setup build
	@infra/dev/setup postgres
	@infra/dev/setup kafka
	@XENTRI_TORTURE=$(or $(N),50) cargo test --locked -p xentri --test torture -- --nocapture $(ARGS)

# Its own tests run here: `make test` has no use for the frameworks that it brings. The table alone goes to stdout.
bench: ## our speed beside others, on servers of XENTRI_TEST_POSTGRES and _KAFKA or some started for it
	@infra/dev/setup build >&2
	@infra/dev/setup postgres >&2
	@cargo test --release --locked --quiet -p xentri-bench >&2
	@cargo build --release --locked -p xentri-bench -p xentri
	@servers=$$("$(CARGO_TARGET_DIR)/release/xentri-bench" --servers $(ARGS)) && \
	    $(if $(XENTRI_TEST_POSTGRES),,infra/dev/with-servers $$servers) "$(CARGO_TARGET_DIR)/release/xentri-bench" $(ARGS)

# Outside `make test`: it needs PyPI, and finds something else each time. ARGS='--seed 1' repeats a run.
fuzz-http: ## thousands of made-up requests to a running server: no 5xx, no answer that the document does not have
	@infra/dev/setup build
	@infra/dev/setup postgres
	@infra/dev/setup venv
	@cargo build --locked -p xentri
	@infra/dev/fuzz-http $(ARGS)

lint: ## format, clippy, who may use what, generated files, documentation, shell scripts
	@infra/dev/setup build
	cargo fmt --all --check
	@# First and without --locked: a forbidden dependency is to be refused for its own reason.
	cargo test -p xentri-testkit --test house
	@# All crates at once, as `make test` has them: chosen one by one, each would have its dependencies built anew.
	cargo test --workspace --exclude xentri-bench --tests --quiet -- generated committed_file
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
	infra/dev/lint-shell
	infra/prometheus/check
	@[ -z "$(CI)" ] || git diff --exit-code Cargo.lock

fmt: ## format the Rust code
	@cargo fmt --all

schemas: ## generate schemas/, projections/golden/, docs/errors.md, docs/metrics.md and xentri/config.default.toml; propose samples for what is new
	@XENTRI_SCHEMAS=write cargo test -q -p xentri-schemas --test it generated -- --nocapture
	@XENTRI_SCHEMAS=write cargo test -q -p xentri-projections --test it generated -- --nocapture
	@XENTRI_SCHEMAS=write cargo test -q -p xentri-commands --test it generated -- --nocapture
	@XENTRI_SCHEMAS=write cargo test -q -p xentri-query-api --test it generated -- --nocapture
	@XENTRI_SCHEMAS=write cargo test -q -p xentri --bin xentri committed_file

freeze: ## release today's schemas: from then on a change that breaks one fails
	@XENTRI_SCHEMAS=freeze cargo test -q -p xentri-schemas --test it released -- --nocapture
	@XENTRI_SCHEMAS=freeze cargo test -q -p xentri-commands --test it released -- --nocapture
	@XENTRI_SCHEMAS=freeze cargo test -q -p xentri-query-api --test it released -- --nocapture

servers: ## start Postgres and Kafka and leave them up
	@infra/dev/postgres start
	@infra/dev/kafka start
	@echo 'To use them: eval "$$(infra/dev/postgres env; infra/dev/kafka env)"'

stop: ## stop them
	@infra/dev/kafka stop
	@infra/dev/postgres stop

clean: ## remove everything built, and the data of the servers
	@infra/dev/kafka reset
	@infra/dev/postgres reset
	@rm -rf "$(CARGO_TARGET_DIR)"
