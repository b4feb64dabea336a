# gnomon: `make demo` and `make test` need Python 3.11, make and a package index, and nothing else.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BENCH_INSTALLED := $(VENV)/.installed-bench
DOCS_INSTALLED := $(VENV)/.installed-docs
# Without compiled modules every command takes seconds to start.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test test-slow lint format bench docs lock clean help

help:
	@echo "make demo        the main jobs, on simulated floats, spacecraft, skies and telescopes"
	@echo "make test        the tests; make test-slow: those too that take longer"
	@echo "make lint        ruff, mypy and the docstrings"
	@echo "make bench       the benchmarks, beside their peers"
	@echo "make docs        the documentation, into site/"
	@echo "make lock        after a step changed: note its source anew"

# uv when it is there, else venv and pip.
define install
	@if command -v uv >/dev/null 2>&1; then \
	    uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	    uv pip install --quiet --python $(BIN)/python -e '.[$(1)]'; \
	else \
	    $(PYTHON) -m venv $(VENV) && \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(1)]'; \
	fi
endef

$(INSTALLED): pyproject.toml
	@echo "making $(VENV) with $(PYTHON) and installing gnomon[dev] (a minute or two, once) ..."
	$(call install,dev)
	@touch $@

$(BENCH_INSTALLED): $(INSTALLED)
	@echo "installing the peers of the benchmarks ..."
	$(call install,bench)
	@touch $@

$(DOCS_INSTALLED): $(INSTALLED)
	@echo "installing what the documentation needs ..."
	$(call install,docs)
	@touch $@

demo: $(INSTALLED)
	$(BIN)/gnomon demo argo --folder demo/argo
	$(BIN)/gnomon demo imap --folder demo/imap
	$(BIN)/gnomon demo sky --folder demo/sky
	$(BIN)/gnomon demo comap --folder demo/comap

test: $(INSTALLED)
	@echo "running the tests on three processes: some wait for sockets and clocks ..."
	$(BIN)/python -m pytest -n 3 --dist worksteal

test-slow: $(INSTALLED)
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "slow or not slow" --timeout 1200 --hypothesis-profile thorough

lint: $(INSTALLED)
	@echo "ruff (with the numpydoc convention), mypy ..."
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(BENCH_INSTALLED)
	$(BIN)/python -m benchmarks.run

docs: $(DOCS_INSTALLED)
	$(BIN)/mkdocs build --strict --quiet
	@echo "the documentation is in site/index.html"

lock: $(INSTALLED)
	$(BIN)/python -m gnomon.testing.lock

clean:
	rm -rf $(VENV) demo site dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
