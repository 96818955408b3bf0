ifneq ($(words $(CURDIR)),1)
$(error the path "$(CURDIR)" has a space, where the scripts that colcon generates break: move the checkout)
endif

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help live test test-ui screenshots panel-rate lint coverage bench crash fleet discovery fuzz soak eval-bar sensitivity map setup clean

READY := tools/setup.sh && source ./env.sh

help:  ## what there is
	@awk -F ':.*##' '/^[a-z-]+:.*##/ { printf "make %-11s %s\n", $$1, $$2 }' Makefile

live:  ## recognise what the camera sees, or the demo's photographs (ARGS="--source 0")
	@$(READY) && exec vfrt live $(ARGS)

# A program's language and encoding are those of its shell; the tests' are always the same.
test test-ui fuzz coverage: export LC_ALL := C.UTF-8

test: lint  ## lint, then every test (TESTS="test/core -k memory" chooses)
	@$(READY) && exec python -m pytest $(TESTS)

test-ui:  ## the panel in a browser, the window on a display; installs both where it may
	@tools/ui_packages.sh && $(READY) && exec python -m pytest test/ui $(ARGS)

screenshots:  ## take the pictures of the README anew
	@tools/ui_packages.sh && $(READY) && exec python -m tools.screenshots docs

panel-rate:  ## how many pictures a second a browser on this machine shows
	@tools/ui_packages.sh && $(READY) && exec python -m tools.picture_rate

lint:  ## ruff and mypy
	@$(READY) && ruff check . && ruff format --check . && mypy

coverage:  ## the lines of core/ that its tests run, and which they do not (COVERAGE=test runs every test)
	@$(READY) && exec python -m pytest -q --cov=vfrt_ros/core --cov-report=term-missing:skip-covered --cov-fail-under=95 $(or $(COVERAGE),test/core)

bench:  ## measure speed on this machine (QUICK=1: in two minutes; CHECK=1: has a ratio fallen? ARGS="--help")
	@$(READY) && exec python -m tools.bench $(if $(QUICK),--quick) $(if $(CHECK),--check) $(ARGS)

crash:  ## kill and damage memories at random, compare with what was acknowledged (ARGS="--kills 100 --seed 7")
	@$(READY) && exec python -m tools.crash $(ARGS)

fleet:  ## five robots, three servers, killed and cut off at random: is anything lost, do all hold the same? (ARGS="--faults 20")
	@$(READY) && exec python -m tools.fleet $(ARGS)

discovery:  ## are nodes found beside a camera, do frames arrive in each discovery range? (ARGS="--commands 50")
	@$(READY) && exec python -m tools.discovery $(ARGS)

MINUTES ?= 10

fuzz:  ## odd messages, requests, parameters and files, with ever new seeds (MINUTES=10)
	@$(READY) && exec python -m tools.fuzz --minutes $(MINUTES) $(ARGS)

soak:  ## 30 frames a second, lessons, changes and commands at random: memory, handles, answers and frames missed (MINUTES=30)
	@$(READY) && exec python -m tools.soak --minutes $(MINUTES) $(ARGS)

GROCERIES ?= ../shared/data/groceries
EMBEDDINGS ?= ../shared/data/clip

eval-bar:  ## measure recognition against its bar (GROCERIES=folder of the photos, EMBEDDINGS=of CLIP, ARGS="--episodes 20")
	@$(READY) && exec python -m tools.eval_bar "$(GROCERIES)" --embeddings "$(EMBEDDINGS)" $(ARGS)

sensitivity:  ## half and twice of each constant of the scoring (GROCERIES=folder, or an .npz with ARGS="--background FILE")
	@$(READY) && exec python -m tools.eval_bar.sensitivity "$(GROCERIES)" $(ARGS)

map:  ## make the pictures and tables of docs/architecture.md anew
	@$(READY) && exec python -m tools.architecture

setup:  ## install and build what is missing or stale; every other target does so too
	@tools/setup.sh

clean:  ## remove the venv, what was built and the caches; the memory and the weights stay
	rm -rf .venv build install log .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
