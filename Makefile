# make run: the main job, from a fresh clone to a report.   make test: the whole test suite.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check clean

run: .venv/installed
	$(BIN)/journey run

test: .venv/installed-for-tests
	$(BIN)/python -m pytest -n auto --dist loadscope

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Installed once; again only when what is to be installed changes.
.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

# Some tests start a cluster, others a model server; without these they skip.
.venv/installed-for-tests: .venv/installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,gguf,quantize,ray,serve]'
	touch $@

clean:
	rm -rf .venv runs
