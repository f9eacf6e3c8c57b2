# One command set for people and CI. `make` alone lists it.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
export OMP_WAIT_POLICY := PASSIVE
# Hundreds of processes of the tests import automl: only the first ones compile it.
export PYTHONDONTWRITEBYTECODE :=
STAMP := $(VENV)/.installed
DEMO ?= demo
PROCESSES ?= auto
# A file's tests stay together: several share one sweep. tests/conftest.py says how many processes are
# right for a machine, and puts the files with slow tests first.
SPREAD := --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help install demo test suite check fast lint format schemas docs bench bench-rivals clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /	/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@python=$(PYTHON) remedy="make PYTHON=python3.11 install"; \
	  if test -x $(BIN)/python; then python=$(BIN)/python remedy="remove $(VENV), then $$remedy"; fi; \
	  $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, which $$python is not: $$remedy"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

install: $(STAMP) ## set up .venv with the pinned versions

demo: $(STAMP) ## a small data set, a sweep of 12 trials on it, its champion
	@rm -rf $(DEMO)
	$(BIN)/re_identification make-data --out $(DEMO)/data --ids 48 --cameras 3 --images-per-camera 4 --size 48x24 --seed 7 --tar
	$(BIN)/automl run --config experiments/demo.yaml --data $(DEMO)/data --output $(DEMO)/run --yes

test: $(STAMP) ## lint, types, layers, packaged schemas, documentation beside every test
	@$(MAKE) --no-print-directory --jobs=2 lint docs suite

suite: $(STAMP)
	$(BIN)/python -m pytest $(SPREAD)

check: $(STAMP) ## what a person runs while working: lint beside the fast tests
	@$(MAKE) --no-print-directory --jobs=2 lint fast

fast: $(STAMP)
	$(BIN)/python -m pytest -m "not slow" $(SPREAD)

lint: $(STAMP) ## ruff, mypy, import-linter, packaged schemas up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m reid_model.config.generate --check

format: $(STAMP) ## rewrite the code the way ruff likes it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: $(STAMP) ## write schemas/ and references/ from reid_model/config
	$(BIN)/python -m reid_model.config.generate

docs: $(STAMP) ## build the documentation as a site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

BENCHES := $(addprefix experiments/benchmarks/,*.py curves/anytime.py $(addprefix training/, \
  backbones.py compile_break_even.py input_pipeline.py train_step.py))
bench: $(STAMP) ## the benchmarks that take no hours, as ratios measured side by side
	@missed=; for script in $(BENCHES); do \
	  echo "== $$script"; $(BIN)/python $$script || missed="$$missed $$script"; done; \
	[ -z "$$missed" ] || { echo "below their goals:$$missed"; exit 1; }

RIVALS := .rivals
RIVAL_PINS := experiments/benchmarks/search/rivals.lock
WHERE := import site; print(site.getsitepackages()[0])
bench-rivals: $(STAMP) ## search_quality.py against HEBO, BoTorch, SMAC and Vizier, in an environment of their own
	test -x $(RIVALS)/bin/python || $(BIN)/python -m venv $(RIVALS)
	$(BIN)/python -c "$(WHERE)" > "$$($(RIVALS)/bin/python -c "$(WHERE)")/project.pth"
	@grep -v '^#' $(RIVAL_PINS) | while read -r pin; do \
	  $(RIVALS)/bin/python -m pip install --quiet "$$pin" || echo "$$pin does not install here: left out"; done
	PYTHONPATH=. $(RIVALS)/bin/python experiments/benchmarks/search_quality.py \
	  --algorithms portfolio bayes gp tpe hebo botorch smac vizier --modes noisy --seeds 3 \
	  --json experiments/benchmarks/results/search_rivals.json

clean: ## remove what the demo and the tools left
	rm -rf $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
