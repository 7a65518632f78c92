# Every command a person or CI needs. A fresh machine has Python 3.11+, make and git; nothing else is asked for.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test check ui lint format types definitions accept-definitions docs docs-current lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: $(VENV)/.installed ## Set up, then run the main job on the built-in archive
	@$(BIN)/tokentide run

ui: $(VENV)/.installed ## Set up, then open the Dagster UI on 127.0.0.1:3000
	@$(BIN)/tokentide ui

test: $(VENV)/.installed-dev ## Set up, then pass the tests
	@$(BIN)/python -m pytest

check: lint types definitions docs-current test ## All that CI runs: lint, format, types, definitions, docs, tests

lint: $(VENV)/.installed-dev ## Lint and formatting
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(VENV)/.installed-dev ## Rewrite the code in the project's format
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

types: $(VENV)/.installed-dev ## Static types
	@$(BIN)/mypy

definitions: $(VENV)/.installed-dev ## Dagster accepts the definitions
	@mkdir -p $(VENV)/dagster && echo 'telemetry: {enabled: false}' > $(VENV)/dagster/dagster.yaml
	@PATH=$(CURDIR)/$(BIN):$$PATH DAGSTER_HOME=$(CURDIR)/$(VENV)/dagster $(BIN)/dg check defs

accept-definitions: $(VENV)/.installed-dev ## Accept a change of assets, checks, jobs, schedules or sensors
	@$(BIN)/python -W ignore tests/integration/definitions_snapshot.py

docs: $(VENV)/.installed-dev ## Write the generated pages anew
	@$(BIN)/python -m pipeline.generate_docs

docs-current: $(VENV)/.installed-dev ## The generated pages are current
	@$(BIN)/python -m pipeline.generate_docs --check

lock: $(VENV)/.installed-dev ## Resolve the dependencies anew into the lock files
	@$(PIP) install --quiet uv
	@sh requirements/lock.sh $(CURDIR)/$(BIN)/uv

clean: ## Remove the environment (never the data)
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else "tokentide needs Python 3.11 or newer; this is %d.%d. Name another: make PYTHON=python3.12 ..." % v[:2])'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up $(VENV) (about a minute, once) ..."
	@$(PIP) install --quiet --require-hashes -r requirements/run.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.lock requirements/duckdb-1.5.lock $(VENV)/.installed
	@echo "Setting up the development tools ..."
	@$(PIP) install --quiet --require-hashes -r requirements/dev.lock
	@$(PIP) install --quiet --require-hashes --upgrade --target $(VENV)/duckdb-1.5 -r requirements/duckdb-1.5.lock
	@touch $@
