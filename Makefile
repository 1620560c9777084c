# Two commands do all: `make workshop` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LANGUAGE ?= zh
OUT ?= out
ARGS ?=
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV_FLAGS := --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help workshop test report lock bench evidence datasets docs pictures clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

# The environment comes from the locks alone, hash by hash; pip byte-compiles what it installs.
$(VENV)/.run: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("kamkit needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "creating the environment in $(VENV) (one to three minutes on first use)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q kamkit
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

workshop: $(VENV)/.run ## environment, sample report, JupyterLab at the lessons (ARGS=--no-browser for servers)
	@$(BIN)/kamkit workshop $(ARGS)

report: $(VENV)/.run ## the sample company's report into $(OUT)/ (LANGUAGE=zh|en)
	@$(BIN)/kamkit report datasets/elevator --lang $(LANGUAGE) --out $(OUT)/elevator $(ARGS)

test: $(VENV)/.dev ## all checks that CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2 --dist loadfile -rs $(ARGS)
	$(BIN)/python -m pytest -n 2 --dist loadfile -rs --nbval --nbval-sanitize-with tests/nbval.cfg -p no:cacheprovider notebooks/zh notebooks/en notebooks/home exercises/zh exercises/en

lock: $(VENV)/.dev ## write the locks and environment.yml anew
	$(BIN)/uv pip compile $(UV_FLAGS) --extra build pyproject.toml -o requirements.lock > /dev/null
	$(BIN)/uv pip compile $(UV_FLAGS) --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock > /dev/null
	$(BIN)/python scripts/sync_environment.py

bench: $(VENV)/.dev ## timings, printed as ratios of one run; never a test
	@for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

evidence: $(VENV)/.dev ## the long statistical runs
	$(BIN)/python -m pytest -n 2 -rs -m evidence --evidence

datasets: $(VENV)/.run ## write the sample companies in datasets/ anew
	$(BIN)/kamkit sample --company elevator --seed 7 --accounts 120 --out datasets/elevator --force
	$(BIN)/kamkit sample --company it --seed 7 --accounts 120 --out datasets/it --force

docs: $(VENV)/.run ## write docs/tables.md and the practice sheets anew
	$(BIN)/python scripts/write_docs.py
	$(BIN)/python scripts/write_practice.py

pictures: $(VENV)/.dev ## the pictures in docs/pictures (needs Debian's chromium)
	$(BIN)/python scripts/take_pictures.py

clean: ## remove the environment and everything rendered
	rm -rf $(VENV) $(OUT) build *.egg-info
