# Two commands are enough: `make demo` and `make test`. Each sets up what it needs, and a second run starts at once.
#   make demo       the whole way on the sample scan: the workbench where there is a display, else a table, a CSV and a picture
#   make test       the whole test suite, real windows included (on a virtual display of its own)
#   make test-qt6   the window tests again, under PyQt6
#   make lint       ruff and mypy
#   make bench      the side-by-side measurements of benchmarks/ (ARGS=--long: with 20,000 damaged inputs instead of 1,000)
#   make clean      removes both environments and everything that was built
# Another interpreter: make PYTHON=python3.12 test.  More arguments: make test ARGS="-k draft", make bench ARGS=reading
SHELL := /bin/sh

PYTHON ?= $(shell sh scripts/find_python.sh)
ifeq ($(strip $(PYTHON)),)
$(error Python 3.11 or newer is wanted and none was found on the PATH: install it, or name it with make PYTHON=/path/to/python3.11)
endif

SETUP_FILES := pyproject.toml setup.cfg constraints.txt scripts/make_venv.sh
VENV := .venv
VENV_QT6 := .venv-qt6
ARGS ?=

.PHONY: demo test test-qt6 lint bench clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.ready-demo
	$(VENV)/bin/python -m napari_t12_bodycomp demo $(ARGS)

test: $(VENV)/.ready-test
	sh scripts/with_display.sh env QT_API=pyqt5 T12_NEED_WINDOWS=1 sh scripts/test.sh $(VENV)/bin/python $(ARGS)

test-qt6: $(VENV_QT6)/.ready-test
	sh scripts/with_display.sh env QT_API=pyqt6 T12_NEED_WINDOWS=1 $(VENV_QT6)/bin/python -m pytest -m window $(ARGS)

lint: $(VENV)/.ready-venv
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m mypy

bench: $(VENV)/.ready-venv
	sh scripts/with_display.sh env QT_API=pyqt5 sh scripts/bench.sh $(VENV)/bin/python $(ARGS)

clean:
	rm -rf $(VENV) $(VENV_QT6) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache demo_output

# System libraries come first: a Debian without python3-venv cannot make an environment.
$(VENV)/.ready-demo: $(VENV)/.ready-venv
	sh scripts/setup_system.sh demo "$(PYTHON)"
	touch $@

$(VENV)/.ready-test: $(VENV)/.ready-venv
	sh scripts/setup_system.sh test "$(PYTHON)"
	touch $@

$(VENV)/.ready-venv: $(SETUP_FILES)
	sh scripts/make_venv.sh $(VENV) "$(PYTHON)" pyqt5

$(VENV_QT6)/.ready-venv: $(SETUP_FILES)
	sh scripts/make_venv.sh $(VENV_QT6) "$(PYTHON)" pyqt6

$(VENV_QT6)/.ready-test: $(VENV_QT6)/.ready-venv
	sh scripts/setup_system.sh test "$(PYTHON)"
	touch $@
