# Commands of the project; `make help` lists them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Variables that a caller may set, as in `make demo MODE=... CORES=4`.
PYTHON ?= python3
# jwst may support other versions of Python than this project does.
ORACLE_PYTHON ?= $(PYTHON)
CORES ?= 2
MODE ?= nrs_brightobj

BIN := .venv/bin
DEMO := demo/$(MODE)
# Integrations of images take a second or less.
DEMO_OPTIONS := $(if $(filter %image,$(MODE)),--integrations 600)

.PHONY: always help env demo docs process-demo test test-kernels test-readers test-slurm test-archive campaigns lint format parity bench lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A finished environment holds a copy of the files from which it was made. Contents are
# compared, not times: a git checkout refreshes times and must not cost a new environment.
# $(1) files that name the packages, $(2) interpreter, $(3) further options of pip
define make-environment
	@case "$$(pwd -P)" in \
		*[[:space:]]*|*"'"*|*'"'*|*'$$'*|*'`'*|*'\'*|*'&'*|*'|'*|*';'*|*'<'*|*'>'*|*'('*|*')'*|*'['*|*']'*|*'{'*|*'}'*|*'*'*|*'?'*) \
		echo "env: $$(pwd -P): found a blank or another sign of the shell in its name, expected none: Snakemake starts the Python there and does not quote its path; move or rename the folder" >&2; \
		exit 1;; \
	esac
	@if ! cat $(1) | cmp -s - $@; then \
		echo "env: installing $(1) into $(@D)"; \
		$(2) -c 'import sys; sys.exit("Python 3.11 or newer is needed: set PYTHON or ORACLE_PYTHON, as in make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'; \
		$(2) -m venv --clear $(@D); \
		$(@D)/bin/python -m pip install -qq --disable-pip-version-check $(3) $(addprefix --requirement=,$(1)); \
		$(@D)/bin/python -m pip check > /dev/null; \
		cat $(1) > $@; \
	fi
endef

env: .venv/installed.txt ## make the environment .venv from requirements.lock

# The lock is complete: without --no-deps, an unlisted package could slip in.
.venv/installed.txt: always
	$(call make-environment,requirements.lock,$(PYTHON),--no-deps)

.venv-slurm/installed.txt: always
	$(call make-environment,requirements.lock tests/slurm/requirements.txt,$(PYTHON),--no-deps)

.venv-readers/installed.txt: always
	$(call make-environment,tests/readers/requirements.txt,$(PYTHON),--no-deps)

.venv-docs/installed.txt: always
	$(call make-environment,requirements.lock docs/requirements.txt,$(PYTHON),--no-deps)

.venv-archive/installed.txt: always
	$(call make-environment,requirements.lock tests/archive/requirements.txt,$(PYTHON),)

.venv-oracle/installed.txt: always
	$(call make-environment,tests/oracle/requirements.txt,$(ORACLE_PYTHON),)

# Snakemake makes this folder before it reads anything, and ends in a traceback if it cannot.
define check-cache
	@cache="$${XDG_CACHE_HOME:-$$HOME/.cache}"; if ! mkdir -p "$$cache" 2> /dev/null || [ ! -w "$$cache" ]; then \
		echo "demo: $$cache: folder: found that no file can be written, which Snakemake needs; set XDG_CACHE_HOME to a folder of yours" >&2; \
		exit 1; \
	fi
endef

demo: env ## simulate a small visit and process it (MODE=nrs_brightobj)
	$(check-cache)
	@$(MAKE) process-demo

process-demo: $(DEMO)/config.yaml
	@echo "demo: processing $(DEMO) on $(CORES) cores"
	@$(BIN)/snakemake --cores $(CORES) --directory $(DEMO) --configfile $(DEMO)/config.yaml
	@echo "demo: the products are in $(DEMO)/results"

$(DEMO)/config.yaml:
	@echo "demo: simulating a visit in $(DEMO)"
	@$(BIN)/python -m scripts.simulation $(DEMO) --mode $(MODE) $(DEMO_OPTIONS)

# Visits whose pictures the pages show.
DOCS_MODES := nrs_brightobj nis_soss

docs: .venv-docs/installed.txt ## make the documentation site in docs/_build/html
	$(check-cache)
	@for mode in $(DOCS_MODES); do \
		$(MAKE) process-demo MODE=$$mode BIN=.venv-docs/bin; \
	done
	@echo "docs: building docs/_build/html, warnings are errors"
	@.venv-docs/bin/sphinx-build --fail-on-warning --keep-going --quiet --jobs 2 docs docs/_build/html
	@echo "docs: open docs/_build/html/index.html"

test: lint ## run the linters and the tests
	@echo "test: pytest"
	@$(BIN)/python -m pytest -n 2

test-kernels: env ## run the numerical tests with the arithmetic of other processors
	@$(BIN)/python -m tests.kernels.run

test-readers: .venv-readers/installed.txt ## read our files with Eureka!, chromatic, lightkurve and others
	@echo "test-readers: pytest"
	@.venv-readers/bin/python -m pytest -m "not slurm" tests/readers tests/unit/tso3flow \
		tests/unit/files/test_netcdf.py tests/unit/steps/test_export_product.py \
		tests/unit/files/test_frames.py tests/unit/steps/test_convert_summary.py \
		tests/unit/steps/test_summarise.py tests/unit/report/test_campaign.py

test-slurm: .venv-slurm/installed.txt ## run the workflow on a Slurm of this machine, with faults
	@echo "test-slurm: pytest"
	@.venv-slurm/bin/python -m pytest -m slurm tests/slurm

test-archive: .venv-archive/installed.txt ## run the tests of fetching and deploying with the real clients
	@echo "test-archive: pytest"
	@.venv-archive/bin/python -m pytest tests/unit/fetch tests/workflow/test_deployment.py

campaigns: env ## damage inputs and kill runs, in hundreds of ways
	@echo "campaigns: corruptions"
	@$(BIN)/python -m tests.robustness.campaign
	@echo "campaigns: kills"
	@$(BIN)/python -m tests.robustness.kills

lint: env ## run the linters alone
	@echo "lint: ruff, snakefmt, codespell, snakemake --lint"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/snakefmt --check Snakefile workflow
	@$(BIN)/codespell *.md *.yaml *.toml Makefile Snakefile docs envs scripts tests workflow benchmarks/*.*
	@$(BIN)/snakemake --lint

format: env ## format the code
	@$(BIN)/ruff check --quiet --fix
	@$(BIN)/ruff format
	@$(BIN)/snakefmt Snakefile workflow

parity: env .venv-oracle/installed.txt ## compare the products with those of jwst 3.0.0
	@echo "parity: running both and comparing"
	@$(BIN)/python -m tests.parity.run

bench: env .venv-oracle/installed.txt ## measure speed and memory next to jwst 3.0.0
	@echo "bench: running both in turn"
	@$(BIN)/python -m benchmarks.run
	@$(BIN)/python -m benchmarks.scaling

lock: ## renew requirements.lock and envs/tso3.yaml from pyproject.toml
	@echo "lock: resolving pyproject.toml"
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/python envs/lock.py
	@rm -rf .venv-lock

clean: ## remove the environments, the demo and caches (never results)
	@rm -rf .venv .venv-archive .venv-docs .venv-oracle .venv-readers .venv-slurm .venv-lock demo docs/_build docs/_generated .hypothesis .pytest_cache .ruff_cache
	@find envs scripts tests workflow -name __pycache__ -type d -prune -exec rm -rf {} +
