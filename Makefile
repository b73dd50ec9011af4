# Two commands: `make run` shows the whole of netkit at work, `make test` runs every check.
# `make run EXPORT=path/to/your/archive.zip` does the same on your own export, privately.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Equal numbers on every machine: one thread, one hash seed.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export NO_MKDOCS_2_WARNING := 1

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python3.14; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/ready

.PHONY: help run test lab wheel check notebooks store handbook bench engines audit lock clean

help:  ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

$(READY): requirements.txt requirements-uv.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "netkit needs Python 3.11 or newer; none was found: install one, or name it: make PYTHON=path"; exit 2; }
	@echo "Setting up .venv (once; about a minute) ..."
	@rm -rf .venv && "$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.txt || true
	@if [ -x $(BIN)/uv ]; then VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip install -q --require-hashes -r requirements.txt; \
	else $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt; fi
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

run: $(READY)  ## show everything at work on an invented person; EXPORT=path does it on your own archive
	@$(if $(EXPORT),$(BIN)/netkit run "$(EXPORT)",$(BIN)/netkit demo --long)

lab: $(READY)  ## open JupyterLab on the notebooks; with your own data, on private copies in your workspace
	@$(BIN)/netkit lab

wheel: $(READY)  ## build the file to install from, into dist/
	@$(BIN)/python -m hatchling build -t wheel

test: check notebooks handbook  ## run every check
	@$(BIN)/python -m pytest -n auto --dist loadfile tests netkit --doctest-modules --cov --cov-report=term

check: $(READY)  ## style, types and the direction of imports
	@$(BIN)/ruff check netkit tests benchmarks notebooks
	@$(BIN)/ruff format --check netkit tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports

notebooks: $(READY)  ## run the notebooks and compare every output with what is stored
	@$(BIN)/python -m pytest --nbval --nbval-current-env notebooks

store: $(READY)  ## run the notebooks and store their outputs anew (ONLY="05 06" for some); then look at the difference
	@$(BIN)/python -c 'import sys; from netkit.findings.validation import store_notebooks; print(*store_notebooks(*sys.argv[1:]), sep="\n")' $(ONLY)

handbook: $(READY)  ## build the handbook into site/ (after make notebooks: numbers need their stamp)
	@$(BIN)/netkit handbook --strict

bench: $(READY)  ## run every benchmark in its short form (about a quarter of an hour)
	@cd benchmarks && for command in "commands.py --short" "read.py" "ledger.py" "kill.py --kills 20 --each 5 --writers" "policy.py --short" \
	  "fit.py --largest 1e5" "points.py --histories 5" "prior_cells.py --histories 5 --quick" "verdict.py --short" \
	  "try_notes.py" "record_links.py --people 4" "pull.py --kills 20"; \
	do echo; echo "== benchmarks/$$command"; ../$(BIN)/python $$command; done

engines: $(READY)  ## build the handbook with MkDocs and with Zensical, and compare them; needs the internet once
	@test -x build/zensical-venv/bin/python || { $(BIN)/python -m venv build/zensical-venv && \
	  build/zensical-venv/bin/python -m pip install -q --disable-pip-version-check zensical==0.0.73; }
	@$(BIN)/python benchmarks/engines.py --zensical build/zensical-venv/bin/python

audit: $(READY)  ## look the locked versions up in a public database of known weaknesses; needs the internet
	@$(BIN)/uv tool run -q pip-audit==2.10.1 --strict --require-hashes --disable-pip --progress-spinner off \
	  -r requirements.txt -r requirements-uv.txt

lock: $(READY)  ## write the locked requirements anew from pyproject.toml
	@$(BIN)/uv pip compile -q --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header \
	  --extra lab --extra handbook --extra notes --extra pull --group test pyproject.toml -o requirements.txt

clean:  ## remove what was built, never your workspace
	@rm -rf build dist site .venv .pytest_cache .mypy_cache .ruff_cache .coverage
