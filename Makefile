# make run   from WARC to a trained model on the bundled sample crawl
# make test  the tests
# make venv  what both need: the package, its tests' tools, exact versions

PYTHON ?= python3.11
VENV := .venv
CURATE := $(VENV)/bin/curate
BUILT_FROM := pyproject.toml setup.py constraints.txt $(wildcard tokenizer/native/*)

export OMP_NUM_THREADS ?= 1
export TOKENIZERS_PARALLELISM ?= true

.PHONY: run test check venv clean

run: $(VENV)/installed-train
	$(CURATE) sample runs/sample
	$(CURATE) run configs/quickstart.toml

test: $(VENV)/installed-dev
	$(VENV)/bin/python -m pytest -n logical --maxprocesses 4

check: $(VENV)/installed-dev
	scripts/check

venv: $(VENV)/installed-dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed-train: $(BUILT_FROM) | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[train]'
	touch $@

$(VENV)/installed-dev: $(BUILT_FROM) | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/installed-train

clean:
	rm -rf $(VENV) runs build *.egg-info tokenizer/_native.*.so
