# Two commands for a fresh machine: `make run` and `make test`. Both set everything up first, and only what is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test test-oldest test-long bench acquisition baselines setup gl table lint wheel clean

run: setup ## train mice with and without M1 dopamine; ARGS="--mice 12" passes options to train.py
	$(BIN)/python train.py $(ARGS)

test: setup ## the tests, in under 10 minutes on two cores
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not long" $(ARGS)

test-oldest: setup ## tests/world on the oldest gymnasium that pyproject.toml allows, fetched into a folder beside the environment
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target $(VENV)/oldest "gymnasium==$$(sed -n 's/.*gymnasium>=\([0-9.]*\),.*/\1/p' pyproject.toml).*"
	PYTHONPATH=$(VENV)/oldest:. $(BIN)/python -m pytest -n 2 --dist worksteal -m "not long" tests/world $(ARGS)

test-long: setup ## the long scientific and robustness runs
	$(BIN)/python -m pytest -m long $(ARGS)

bench: setup ## speed against raw physics, ten minutes; ARGS="--peers" adds other projects, --quick takes a minute
	$(BIN)/python -m benchmarks $(ARGS)

acquisition: setup ## the full cohort under docs/results/acquisition: 48 mice, 14 sessions of 55 trials, then the analyses
	$(BIN)/reachenv train --mice 24 --sessions 14 --trials 55 --seed 18018 --name acquisition-full $(ARGS)
	$(BIN)/reachenv analyse runs/acquisition-full

baselines: setup ## PPO on three seeds and with its prediction error blocked, SAC, RecurrentPPO, PPO on muscles: hours; needs nothing else on the machine
	for seed in 0 1 2; do $(BIN)/reachenv baseline --agent ppo --seed $$seed --name ppo-$$seed || exit 1; done
	$(BIN)/reachenv baseline --agent ppo --intervention rpe:6-10 --name ppo-0-blocked
	$(BIN)/reachenv baseline --agent sac --steps 2000000 --name sac-0
	$(BIN)/reachenv baseline --agent sac --steps 1000000 --seed 1 --name sac-1
	$(BIN)/reachenv baseline --agent recurrent_ppo --steps 5000000 --name recurrent_ppo-0
	$(BIN)/reachenv baseline --agent ppo --control muscle --name ppo-muscle-0

table: setup ## the demonstrator's success by aim error and reach time
	$(BIN)/reachenv demonstrator --table

lint: setup ## style, types, and that rooms use only rooms below them
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.import_graph --check

wheel: setup
	$(BIN)/python -m build --wheel

setup: $(VENV)/.ready gl

$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "reachenv needs Python 3.11 or later; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	@touch $@

gl: $(VENV)/.ready ## a library to draw films without a screen; training needs none
	@sh .ci/gl.sh $(BIN)/python

clean:
	rm -rf $(VENV) dist build
