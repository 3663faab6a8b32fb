# Every verb is one line over ordinary commands; a plain `make` lists them.
PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement
BESIDE := .venv/bin/uv pip install --quiet --python $(PY) --target .venv/spark --no-deps --require-hashes --requirement
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-header
HELD := numpy pandas pyarrow grpcio protobuf python-dateutil pyyaml six typing-extensions tzdata
export DAGSTER_HOME := $(CURDIR)
export DAGSTER_DISABLE_TELEMETRY := 1

.PHONY: help setup run ui fleet test check check-python check-types check-sql format audit bench docs cookbook distil lock clean

help:  ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready  ## virtual environment from the hash lock (other verbs do this themselves)

.venv/.ready: requirements.lock requirements.spark.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv from the lock: once, a minute; some minutes where the index answers pip alone."
	$(PYTHON) -m venv .venv
	@awk '/^[a-z]/ {wanted = /^uv==/} wanted' requirements.lock > .venv/uv.txt
	$(PIP) .venv/uv.txt
	.venv/bin/uv pip install --quiet --python $(PY) --require-hashes --requirement requirements.lock || $(PIP) requirements.lock
	$(BESIDE) requirements.spark.lock || $(PIP) requirements.spark.lock --no-deps --target .venv/spark
	@touch $@

run: .venv/.ready  ## ingest what is reachable, build, audit, publish, say what came of it
	$(PY) -m pipeline run

ui: .venv/.ready  ## the Dagster UI on http://localhost:3000; make ui UI="--port 3001"
	@mkdir -p warehouse/.dagster
	$(PY) -m pipeline.ui $(UI)

fleet: .venv/.ready  ## what your own accelerators are worth: make fleet FLEET=path.csv
	$(PY) -m pipeline fleet "$$FLEET"

test: .venv/.ready  ## all tests, without network; a part: make test T=tests/marts/credit, or K=word
	$(PY) -m pytest $(if $(T)$(K),$(T) $(if $(K),-k "$(K)"),--numprocesses auto --dist loadfile --no-loadscope-reorder)

check: .venv/.ready  ## lint, format, types, definitions, generated documents; two at a time
	@$(MAKE) --no-print-directory --jobs 2 check-types check-python check-sql

check-types: .venv/.ready
	$(PY) -m mypy

check-python: .venv/.ready
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pipeline.release.tables --check
	$(PY) -m distil.document --check
	@mkdir -p warehouse/.dagster
	$(PY) -m dagster definitions validate --log-level error

check-sql: .sqlfluff_cache/checked

# The linter takes half a second a file: it looks at those that changed since it last was content.
.sqlfluff_cache/checked: $(shell find sql -name '*.sql') .sqlfluff | .venv/.ready
	$(PY) -m sqlfluff lint --disable-progress-bar $(if $(filter .sqlfluff,$?),sql,$?)
	@mkdir -p $(@D) && touch $@

format: .venv/.ready  ## Python and SQL as `make check` wants them
	$(PY) -m ruff check --fix --quiet .
	$(PY) -m ruff format .
	$(PY) -m sqlfluff fix --disable-progress-bar sql

audit: .venv/.ready  ## known vulnerabilities of the locked packages, where the database can be reached
	$(PY) -m tests.audit

bench: .venv/.ready  ## benchmarks: ratios in one run, printed
	$(PY) -m tests.benchmarks

docs: .venv/.ready  ## docs/TABLES.md from dictionary, contracts and SQL headers; docs/HISTORY.md from distil
	$(PY) -m pipeline.release.tables
	$(PY) -m distil.document

cookbook: .venv/.ready  ## the answers in docs/COOKBOOK.md, anew from the published file
	$(PY) -m pipeline.release.cookbook

distil: .venv/.ready  ## the price history and the filed figures of warehouse/reference from ../shared/data
	$(PY) -m distil

lock: .venv/.ready  ## requirements.lock with hashes, without index addresses
	$(LOCK) --group dev --output-file requirements.lock pyproject.toml
	$(LOCK) --group spark --constraint requirements.lock $(HELD:%=--no-emit-package=%) --output-file requirements.spark.lock

clean:  ## delete everything that can be made again; warehouse/raw and the published file stay
	rm -rf warehouse/build warehouse/.remembered warehouse/exports warehouse/report warehouse/.dagster .pictures .pytest_cache .mypy_cache .ruff_cache .sqlfluff_cache .hypothesis
