# `make help` lists what is here. Everything is installed into .venv from constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-postgres check lint types imports docs docs-check bench chaos clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.made: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(VENV)/.made
	$(PIP) install -c constraints.txt -e ".[test]"
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	$(PIP) install -c constraints.txt -e ".[test,lint]"
	@touch $@

setup: $(VENV)/.made ## Create .venv and install triage into it

demo: setup ## Run the main job against the sandbox and show the queue
	@$(BIN)/triage demo

test: $(VENV)/.test ## Install what tests need and run them
	@$(BIN)/python -m pytest

test-postgres: $(VENV)/.test ## The tests of the store and of the use cases on a PostgreSQL server
	@$(BIN)/python -m pytest --engine postgres tests/store tests/app
	@$(BIN)/python -m pytest --servers tests/cli/test_store_*.py tests/cli/test_*server*.py \
	  tests/cli/test_demo_moved.py tests/chaos/test_pg_*.py tests/test_imports.py

lint: $(VENV)/.lint ## Style and formatting
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(VENV)/.lint ## mypy, strict
	@$(BIN)/mypy

imports: $(VENV)/.lint ## The direction of dependencies
	@$(BIN)/lint-imports

docs: setup ## Write docs/cli.md from the commands
	@$(BIN)/python docs/generate.py

docs-check: setup
	@$(BIN)/python docs/generate.py --check

check: lint types imports docs-check ## Everything but the tests

bench: $(VENV)/.test ## Side-by-side measurements (minutes)
	@for b in queue_cpu queue_growth import_cpu tagging clock store; do \
	  echo "== $$b"; $(BIN)/python benchmarks/$$b.py || exit 1; done

chaos: $(VENV)/.test ## Crashes at hundreds of moments, and chance in full (minutes)
	@TRIAGE_CHAOS=300 $(BIN)/python -m pytest -m "chaos or hypothesis or deep or thin"

clean: ## Remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build
