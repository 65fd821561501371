# Everything this needs it installs itself, once: into .venv/ by pip, into node_modules/ by
# npm, and the browsers, Node and compiler by apt-get. A second call installs nothing.
PYTHON ?= $(firstword $(shell command -v python3 python3.14 python3.13 python3.12 python3.11) python3)
VENV := .venv
BIN := $(VENV)/bin
# Named one by one: from version 22 on, `node --test` takes no folder.
JS_TESTS = $(shell find tests/js -name '*.test.js')

# A process for each core, and a file's tests in one of them. The longest come first, as they do
# by name: one that began last would be waited for alone.
IN_PARALLEL := -n auto --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
BENCH := .bench/venv

.PHONY: help run test faults bench bench-nodes bench-growth profile page-budget gallery lint clean browsers node npm compiler

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run ## serve; ARGS='--set server.port=9000'
	@exec $(BIN)/python run.py $(ARGS)

test: $(VENV)/.test node browsers compiler ## all tests; ARGS='-k name' for pytest
	@node --test \
		--test-reporter=spec --test-reporter-destination=stdout \
		--test-reporter=tap --test-reporter-destination=$(VENV)/node.tap $(JS_TESTS)
	@if [ "$$CI" = true ] && grep -E '^# (skipped|todo) [1-9]' $(VENV)/node.tap; then \
		echo 'node --test: not allowed in CI' >&2; exit 1; fi
	$(BIN)/python -m pytest $(IN_PARALLEL) $(ARGS)

faults: $(VENV)/.test ## ten minutes of faults; FULL=1 for the whole, ARGS='--row kill'
	$(BIN)/python -m tests.faults $(if $(FULL),--full) $(ARGS)

bench: $(BENCH)/.bench compiler ## against its peers, for 35 minutes; ARGS=--quick for two minutes
	@$(BENCH)/bin/python -m bench $(ARGS)

profile: $(BENCH)/.bench compiler ## where our time goes under load; ARGS='S2 --seconds 10'
	@$(BENCH)/bin/python -m bench.profile $(ARGS)

bench-nodes: $(BENCH)/.bench compiler ## what one, two and three nodes cost over PostgreSQL and Valkey
	@$(BENCH)/bin/python -m bench.nodes $(ARGS)

bench-growth: $(BENCH)/.bench compiler ## what more members, rooms, connections and messages cost
	@$(BENCH)/bin/python -m bench.growth $(ARGS)

page-budget: $(VENV)/.test browsers ## what the page costs, against what it may: docs/page.md
	$(BIN)/python -m tests.budget $(ARGS)

gallery: $(VENV)/.test browsers ## pictures of every state of the pages: .gallery/index.html
	$(BIN)/python -m tests.gallery $(ARGS)

lint: $(VENV)/.lint node_modules/.made ## Python, page and rendered HTML: lint, types, who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	node_modules/.bin/eslint .
	node_modules/.bin/tsc --project jsconfig.json
	$(BIN)/python -m tests.rendered $(VENV)/pages
	node_modules/.bin/html-validate '$(VENV)/pages/*.html'

clean: ## remove what these commands made; data/ stays
	rm -rf $(VENV) .bench node_modules build dist *.egg-info .faults .gallery .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find chat_app tests -name __pycache__ -prune -exec rm -rf {} +

# $(call install,packages,what for): by apt-get, as root or by a sudo that asks nothing.
define install
	if ! command -v apt-get >/dev/null; then \
		echo "$(2): please install $(1), then run make again" >&2; exit 2; \
	elif [ "$$(id -u)" = 0 ]; then sudo=; \
	elif sudo -n true 2>/dev/null; then sudo=sudo; \
	else echo "$(2): please run: sudo apt-get install $(1)" >&2; exit 2; fi; \
	echo "$(2): installing $(1)"; \
	$$sudo apt-get -qq update && \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(1) >/dev/null
endef

# Debian splits ensurepip off Python; a venv made without it has no pip.
$(VENV)/.made:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(call install,$(notdir $(PYTHON))-venv,venv); }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# The peers stay out of .venv/: nothing that we need brings them.
$(BENCH)/.bench: bench/requirements.txt setup.cfg pyproject.toml
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(call install,$(notdir $(PYTHON))-venv,venv); }
	@echo "Installing the peers into $(BENCH)"
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install -qq --disable-pip-version-check --editable . --requirement $<
	@touch $@

$(VENV)/.run: extras = .
$(VENV)/.test: extras = .[test]
$(VENV)/.lint: extras = .[test,lint]
$(VENV)/.run $(VENV)/.test $(VENV)/.lint: $(VENV)/.made setup.cfg pyproject.toml
	@echo "Installing $(extras) into $(VENV)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '$(extras)'
	@touch $@

node_modules/.made: package.json package-lock.json | npm
	@echo 'Installing what checks the page into node_modules'
	@npm ci --silent --no-audit --no-fund
	@touch $@

# Chromium's shell takes half the time of Chromium, which does where somebody has that already.
browsers:
	@[ -x "$$CHROMIUM" ] || command -v chromium-headless-shell >/dev/null || \
		{ [ "$$CI" != true ] && command -v chromium >/dev/null; } || \
		{ $(call install,chromium-headless-shell fonts-nanum fonts-noto-color-emoji,browser tests); }
	@[ -x "$$FIREFOX" ] || command -v firefox-esr >/dev/null || command -v firefox >/dev/null || { $(call install,firefox-esr,browser tests); }

node:
	@command -v node >/dev/null || { $(call install,nodejs,tests of the page); }

# Debian splits npm off Node; elsewhere the two come as one.
npm: node
	@command -v npm >/dev/null || { $(call install,npm,what checks the page); }

compiler:
	@command -v cc >/dev/null || { $(call install,gcc libc6-dev,C); }
