# geodl: every target sets itself up; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export WANDB_SILENT := true

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow docs lint format lock wheel clean

help:  ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "geodl needs Python 3.11 or newer, found " + sys.version.split()[0] + "; run make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing exact versions from requirements.lock into $(VENV) (minutes, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY)  ## train a small sweep on real digits and write its report (5 minutes)
	$(BIN)/python scripts/train.py experiment=demo
	$(BIN)/python scripts/report.py outputs/demo
	@echo
	@echo "Next:"
	@echo "  $(BIN)/wandb leet $$(ls -d outputs/demo/*resnet_mlp-d8*/wandb | tail -n 1)   # a run's curves in the terminal"
	@echo "  $(BIN)/wandb sync outputs/demo/*/wandb/offline-run-*   # the same runs on wandb.ai"
	@echo "  $(BIN)/python scripts/train.py experiment=paper_mlp   # 54 runs with three seeds, about 12 minutes"

test: lint  ## lint, type-check and run the test suite
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-slow: $(READY)  ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

docs: $(READY)  ## build the documentation into site/, without a network
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "open site/index.html, or: $(BIN)/python -m http.server -d site"

lint: $(READY)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## renew requirements.lock (needs uv: pip install uv)
	printf 'torch==2.14.1\ntorchvision==0.29.1\n' > $(VENV).pins
	uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --upgrade --constraint $(VENV).pins --output-file requirements.lock
	rm -f $(VENV).pins

wheel: $(READY)  ## build the wheel into dist/
	$(BIN)/python -m hatchling build

clean:  ## remove the environment and caches, never outputs/
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build site
