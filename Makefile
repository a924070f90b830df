# Every target sets up what it needs. `make help` lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
STAMP := $(VENV)/.installed
RUN := $(VENV)/bin/python -m

# Tests that need nothing but Python and git: no server, database, container engine, sandbox or browser.
PLAIN := not server and not database and not docker and not sandbox and not browser

.PHONY: help demo dev test check lint format fuzz bench lock clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## Play the first journey on the real stack and tell it as a story. OPTIONS="--door comment --keep" go to `duoflow demo`.
	@$(VENV)/bin/duoflow demo $(OPTIONS)

dev: $(STAMP) ## Start the same stack and leave it running, to play with. OPTIONS go to `duoflow dev`.
	@$(VENV)/bin/duoflow dev $(OPTIONS)

test: $(STAMP) ## Check, and run all tests with everything they need.
	@scripts/install-test-needs
	@$(MAKE) lint
	@$(RUN) pytest -q -n 2

check: $(STAMP) ## Format, lint, types, import contracts and plain tests, in under a minute.
	@$(MAKE) lint
	@$(RUN) pytest -q -n 2 -m "$(PLAIN)" --hypothesis-profile=quick

lint: $(STAMP) ## Format, lint, types and import contracts only.
	@$(RUN) ruff format --check --quiet .
	@$(RUN) ruff check --quiet .
	@$(RUN) mypy --no-error-summary
	@$(VENV)/bin/lint-imports --no-logo > $(VENV)/.lint-imports || { cat $(VENV)/.lint-imports; exit 1; }

format: $(STAMP) ## Put all code into its form.
	@$(RUN) ruff format --quiet .
	@$(RUN) ruff check --quiet --fix .

fuzz: $(STAMP) ## Look for files that break the loader of flows, for SECONDS=600.
	@$(RUN) tests.fuzz.flow_files --seconds $(or $(SECONDS),600)

bench: $(STAMP) ## Run the benchmarks and write their results into bench/results/.
	@$(RUN) bench

lock: ## Write requirements.lock anew from pyproject.toml: every dependency, pinned by hash.
	@scripts/lock

clean: ## Remove the environment and everything that runs have left.
	@rm -rf $(VENV) .duoflow .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

$(STAMP): requirements.lock pyproject.toml scripts/setup
	@scripts/setup $(VENV)
	@touch $@
