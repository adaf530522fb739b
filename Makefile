# Two commands: "make book" builds the book, "make test" checks everything in it.
# Both first make .venv and install what they need, once; what changes later is installed again.
# Other things that can be made of the book stand in pages/Makefile, what takes long in zoolab/Makefile.

include .ci/settings.mk

STAMP   := $(VENV)/.installed
HTML    := _build/html
WORKERS ?= 2
STORE   ?= _build/shop
CHAPTERS ?= $(sort $(wildcard chapters/*.ipynb))
KEY     := $(sort $(wildcard pages/key/*.ipynb))
LAST    := %/guide.ipynb %/claims.ipynb  # which read what all the others have stored

# Whatever the reader has set: the workers, the kernels and a hundred small processes read what one of them has compiled.
COMPILED := PYTHONDONTWRITEBYTECODE=

NARROW  := --line-length 88  # so that a cell fits the column of the book
NBVAL   := -q --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout 300
# The first of these builds the book while others run chapters, which take longest; all other tests come last.
FIRST   := tests/pages/site/test_html.py chapters
# Chapters and tests that have changed since BASE, and the folder of tests that mirrors the folder of any other file.
CHANGED := { git diff --name-only $(or $(BASE),HEAD); git ls-files --others --exclude-standard; } | sed -nE \
    -e '/^chapters\/.*\.ipynb$$/p; /^tests\/.*\/test_.*\.py$$/p; s,^((zoolib|zoolab|pages)/[^/]+)/.*,tests/\1,p' \
    -e 's,^pages/(ext|static)/.*,tests/pages/site/test_extensions.py,p; s,^chapters/.*\.py$$,tests/chapters,p' \
    -e 's,^zoolib/[^/]*\.py$$,tests/zoolib/ground,p' | sort -u | xargs -r ls -d 2>/dev/null
NBSTRIP := $(PY) -m nbstripout --keep-output --keep-count --keep-id \
           --extra-keys "metadata.kernelspec.env metadata.language_info.version metadata.widgets"

# JupyterLab trusts, folds and styles as pages/jupyter says; your own settings still count.
LAB     := JUPYTER_CONFIG_DIR=$(CURDIR)/pages/jupyter JUPYTER_CONFIG_PATH=$(HOME)/.jupyter \
           BOOK_DRAWINGS=1 JUPYTERLAB_SETTINGS_DIR=$(HOME)/.jupyter/lab/user-settings JUPYTERLAB_WORKSPACES_DIR=$(HOME)/.jupyter/lab/workspaces

.PHONY: help book test check jupyter execute shop clean lint
.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /make \1|/' | awk -F'|' '{printf "  %-14s %s\n", $$1, $$2}'
	@echo
	@echo "More: make -C pages   PDF, slides, figures, questions, the key, the student edition"
	@echo "      make -C zoolab  long tables, replication, benchmarks, attacks"

book: $(STAMP) _build/.style ## build the book; open _build/html/index.html
	@$(BOOK) || { rm -rf _build/.doctrees; exit 1; }  # a page with a warning is read again next time
	@$(if $(filter 0,$(LIVE)),,$(PY) -m pages.live.build $(HTML))
	@echo "The book is built: open $(HTML)/index.html"

_build/.style: $(wildcard pages/static/*.css pages/static/*.js pages/ext/*.py pages/ext/finish/*.py pages/ext/finish/*.js)  # with another style every page is made anew
	@rm -rf _build/.doctrees; mkdir -p _build; touch $@

test: $(STAMP) ## check every cell, the code and every page; ALL=1 for everything, WORKERS=4 for four cores
	$(REPRODUCIBLE) $(COMPILED) BOOK_DRAWINGS=0 $(PY) -m pytest $(FIRST) $(if $(ALL),pages/key) tests $(if $(ALL),,-m "not slow" --ignore-glob='*/lab_*') -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(NBVAL)

check: $(STAMP) lint ## the minute between two edits: style, and the tests of what has changed; BASE=main since then
	@$(REPRODUCIBLE) BOOK_DRAWINGS=0 $(PY) -m pytest -m "not slow" $(NBVAL) tests/test_structure.py tests/chapters/test_notebooks.py $$($(CHANGED))

lint: $(STAMP)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check --exclude '*.ipynb' .
	$(if $(CHAPTERS),$(PY) -m ruff format --check $(NARROW) $(CHAPTERS) $(KEY))
	$(PY) -m codespell_lib
	$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	$(dir $(PY))zizmor --offline --quiet .github/workflows
	$(if $(CHAPTERS),$(NBSTRIP) --verify $(CHAPTERS) $(KEY))
	@$(PY) -m pages.plain  # warns; with STRICT=1 it fails

jupyter: $(STAMP) ## open the chapters in JupyterLab, solutions folded; OPTIONS=--port=8890
	@$(PY) -m jupyter trust chapters/*.ipynb >/dev/null
	$(LAB) $(PY) -m jupyterlab chapters $(OPTIONS)

execute: $(STAMP) ## run notebooks and store what they show; CHAPTERS="chapters/01_fifty_strangers.ipynb" for one
	$(PY) -m ruff format --quiet $(NARROW) $(CHAPTERS)
	cd $(dir $(firstword $(CHAPTERS))) && $(REPRODUCIBLE) BOOK_STRICT=1 $(abspath $(PY)) -m nbconvert --to notebook --execute --inplace \
	    --ExecutePreprocessor.record_timing=False --ExecutePreprocessor.timeout=600 \
	    $(notdir $(filter-out $(LAST),$(CHAPTERS)) $(foreach last,$(LAST),$(filter $(last),$(CHAPTERS))))
	$(REPRODUCIBLE) $(PY) tests/helpers/machine.py $(CHAPTERS)
	$(NBSTRIP) $(CHAPTERS)
	@$(PY) -m pages.student.answers

shop: $(STAMP) ## open the pet shop as a page on this machine; SHOP_PORT=8018, STORE=redis://host:port/0
	@mkdir -p _build
	@$(REPRODUCIBLE) $(PY) -m zoolab.serving.shop --store $(STORE) --port $(or $(SHOP_PORT),8018)

clean: ## remove the built book and all caches; .venv stays
	rm -rf _build build .pytest_cache .ruff_cache .hypothesis *.egg-info chapters/.ipynb_checkpoints
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# The stamp holds the path of this directory: in a directory that was moved .venv is made anew.
ifneq ($(shell cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif
$(STAMP): requirements.txt .ci/constraints.txt pyproject.toml
	@if [ -e $@ ] && [ "$$(cat $@)" != "$(CURDIR)" ]; then rm -rf $(VENV); fi; \
	if ! $(PY) -m pip --version >/dev/null 2>&1; then \
	  for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
	    $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && found=$$python && break; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo 'Python 3.11, 3.12 or 3.13 is missing. Install one, or name it: make book PYTHON=/path/to/python3.12' >&2; exit 1; fi; \
	  if ! $$found -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "$$found lacks venv or ensurepip. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; fi; \
	  echo "Making $(VENV) with $$($$found --version); the first installation takes a few minutes."; \
	  rm -rf $(VENV); $$found -m venv $(VENV) || exit 1; \
	fi
	$(PY) -m pip install --quiet --disable-pip-version-check $(PIPFLAGS) -r requirements.txt -c .ci/constraints.txt
	$(PY) -m zoolab.logs
	@echo "$(CURDIR)" > $@
