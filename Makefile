# Sidestick: everything runs from a virtual environment that these targets make.
# PyBullet ships wheels up to CPython 3.11, so that one is preferred.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= runs/demo
ROOMS := sim_envs datasets policies teleop
export PYGAME_HIDE_SUPPORT_PROMPT = 1
export OMP_NUM_THREADS ?= 1

.PHONY: demo demo-full docs test test-slow test-peers test-versions bench check format system-deps clean

demo: $(VENV)/.installed
	env -u OMP_NUM_THREADS $(BIN)/sidestick quickstart $(DEMO)

demo-full: $(VENV)/.installed
	env -u OMP_NUM_THREADS $(BIN)/sidestick quickstart $(DEMO)-full --full

test: check
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

test-slow: $(VENV)/.installed
	SIDESTICK_EXAMPLES=new $(BIN)/python -m pytest -q -m "slow or hypothesis or ray" --timeout 3000

# Installs robomimic, LeRobot, Minari and TorchRL, each into an environment of its own, and lets them
# read, edit and learn from what we export, and make our environments.
test-peers: $(VENV)/.installed
	$(BIN)/python -m pytest -q -rs -m peers --timeout 3000

# A short life on the lowest versions that pyproject.toml allows, and on the newest that there are.
test-versions: $(VENV)/.installed
	$(BIN)/python -m pytest -q -rA -m versions --timeout 7200

bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks

check: $(VENV)/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(addprefix .typing/sidestick/,$(ROOMS))

# The pages of docs/ as a small site in build/site; a broken link fails.
docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	$(BIN)/mkdocs build --strict --quiet

format: $(VENV)/.installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Only for the marked window tests and the moderngl renderer; the rest needs none of it.
system-deps:
	apt-get update
	apt-get install -y xvfb xdotool imagemagick libegl1 libgl1-mesa-dri

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sidestick needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info
