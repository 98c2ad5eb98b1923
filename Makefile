# Two commands matter: `make run` shows a lane at work, `make test` runs everything CI runs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
STAMP := $(VENV)/.set-up-$(VERSION)

.PHONY: run test long setup packages check format lint types contracts unit simulation wire bench truth cover-law mutate matrix explore pictures constraints clean

run: setup
	@$(BIN)/python -m simulator.showcase

# What starts processes and measures their silence has the machine for itself, at the end.
# The long ones on wires have a slice on virtual time in tests/simulation; `make long` runs them.
LONG := $(addprefix tests/wire/, test_device_prove.py test_lane_matrix.py test_lane_seasoning.py \
  test_truck_lane.py test_truck_lane_proven.py)

test: setup packages check
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --ignore=tests/wire
	$(BIN)/python -m pytest -q tests/wire $(addprefix --ignore=, $(LONG))

long: setup packages
	$(BIN)/python -m pytest -q $(LONG)

check: lint types contracts

setup: $(STAMP)

$(STAMP): pyproject.toml constraints-$(VERSION).txt
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python cannot make environments here. Run: sudo apt-get install -y python3-venv make"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints-$(VERSION).txt -e '.[demo,dev]'
	@touch $@

constraints-$(VERSION).txt:
	@echo "scanlane runs on Python 3.11 to 3.13; this is $(VERSION). Name one: make PYTHON=python3.12"; exit 1

packages:
	@sh tests/install-packages.sh

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

unit simulation wire: setup
	$(BIN)/python -m pytest -q tests/$@

bench: setup
	$(BIN)/python -m tests.bench

truth: setup
	$(BIN)/python -m tests.truth

cover-law: setup
	$(BIN)/coverage run --branch --source=edge/law --data-file=.run/coverage -m pytest -q tests/unit/law tests/unit/test_law_*.py tests/unit/test_traffic.py
	$(BIN)/coverage json --quiet --data-file=.run/coverage -o .run/coverage.json
	$(BIN)/python -m tests.cover_law .run/coverage.json
	$(BIN)/coverage report --data-file=.run/coverage --show-missing --skip-covered --fail-under=100

mutate: setup
	$(BIN)/python -m tests.mutate

matrix: setup
	$(BIN)/python -m tests.matrix

explore: setup
	$(BIN)/python -m simulator.exploration

pictures: setup
	$(BIN)/python -m simulator.pictures README.md

constraints: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	for v in 3.11 3.12 3.13; do $(BIN)/uv pip compile -q --no-header --no-annotate --all-extras \
	  --python-version $$v pyproject.toml -o constraints-$$v.txt; done

clean:
	rm -rf $(VENV) .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
