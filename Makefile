SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# What decides the environment: the lock file, and pyproject.toml down to where the settings of the linters begin.
STAMP := $(VENV)/.stamp-$(shell (cat requirements.lock; sed '/^\[tool\.ruff\]/,$$d' pyproject.toml) | sha256sum | cut -c1-16)
# Workers of pytest: tests of one xdist group (one platform, one database) stay on one worker.
WORKERS ?= 2

.PHONY: help setup console demo up test test-console screenshots proof check bench bench-ledger bench-ws lock clean

help: ## say what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(STAMP) ## make .venv from requirements.lock (done by every other target when needed)

$(STAMP): tools/setup.sh
	@tools/setup.sh $(VENV) $@

console: setup ## build the web console, where its sources changed
	@$(BIN)/python -m tools.console

demo: console ## the whole loop on this machine: two providers, a real job, a killed provider, a checked ledger
	$(BIN)/qubix demo $(ARGS)

up: console ## run the platform on this machine until Ctrl-C
	$(BIN)/qubix up $(ARGS)

test: setup ## the tests that gate every change
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

test-console: console ## the console's own tests, then its pages in a browser against a real platform
	$(BIN)/python -m tools.console check
	$(BIN)/python -m pytest tests/console -m "console and not screenshots" $(ARGS)

screenshots: console ## every page of the console as a picture, in ui/screenshots, and what changed since the last ones
	$(BIN)/python -m pytest tests/console -m screenshots -rP $(ARGS)

proof: setup ## the long checks: chaos at length, every property, a dated table
	$(BIN)/python -m tools.proof $(ARGS)

check: setup ## ruff, mypy --strict, import contracts, the laws
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python -m tools.laws

bench: setup ## every figure that the README quotes
	$(BIN)/python -m benchmarks $(ARGS)

bench-ledger: setup ## what the ledger posts and verifies, beside TPC-B on the same server
	$(BIN)/python -m benchmarks ledger $(ARGS)

bench-ws: setup ## one change of the market to ten thousand WebSockets, beside a bare broadcast
	$(BIN)/python -m benchmarks sockets $(ARGS)

lock: setup ## refresh every lock file (hashes, no addresses)
	tools/lock.sh $(BIN)/python

clean: ## remove the environment, caches and builds; never data
	rm -rf $(VENV) ui/node_modules tests/console/node_modules .node serve_app/qubix_serve/console/static* build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
