# Two commands: "make book" builds the book, "make test" checks everything in it.
# Both first make .venv and install what they need, once; what changes later is installed again.

VENV    := .venv
PY      := $(VENV)/bin/python
STAMP   := $(VENV)/.installed
HTML    := _build/html
PORT    ?= 8017
WORKERS ?= 2
STORE   ?= _build/shop
CHAPTERS ?= $(sort $(wildcard chapters/*.ipynb))
KEY     := $(sort $(wildcard pages/key/*.ipynb))
LAST    := %/claims.ipynb  # which reads what all the others have stored

# One thread and a fixed hash seed: a stored number must come out again, digit for digit.
REPRODUCIBLE := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0

# Whatever the reader has set: the workers, the kernels and a hundred small processes read what one of them has compiled.
COMPILED := PYTHONDONTWRITEBYTECODE=

NARROW  := --line-length 88  # so that a cell fits the column of the book
NBVAL   := -q --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout 300
BOOK    := $(PY) -c 'import sys; from jupyter_book.cli.main import main; sys.exit(main())' build . -W -n --keep-going
NBSTRIP := $(PY) -m nbstripout --keep-output --keep-count --keep-id \
           --extra-keys "metadata.kernelspec.env metadata.language_info.version metadata.widgets"

# What is folded, trusted and styled in JupyterLab is in pages/jupyter; what readers have set for themselves still counts.
LAB     := JUPYTER_CONFIG_DIR=$(CURDIR)/pages/jupyter JUPYTER_CONFIG_PATH=$(HOME)/.jupyter \
           BOOK_DRAWINGS=1 JUPYTERLAB_SETTINGS_DIR=$(HOME)/.jupyter/lab/user-settings JUPYTERLAB_WORKSPACES_DIR=$(HOME)/.jupyter/lab/workspaces

.PHONY: help book live pdf bank test check attack kernels speed lab execute answers student key slides figures serve shop bench bench-peers sweeps replicate times lint clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1|/' | awk -F'|' '{printf "  %-14s %s\n", $$1, $$2}'

book: $(STAMP) _build/.style ## build the book; open _build/html/index.html
	@$(BOOK) || { rm -rf _build/.doctrees; exit 1; }  # a page with a warning is read again next time
	@$(if $(filter 0,$(LIVE)),,$(PY) -m pages.live.build $(HTML))
	@echo "The book is built: open $(HTML)/index.html"

_build/.style: $(wildcard pages/static/*.css pages/ext/*.py pages/ext/finish/*.py pages/ext/finish/*.js)  # with another style every page is made anew
	@rm -rf _build/.doctrees; mkdir -p _build; touch $@

live: $(STAMP) ## make the cells of the built book run in its pages; "make book" does it too where it can
	@BOOK_STRICT=1 $(PY) -m pages.live.build $(HTML)

pdf: $(STAMP) ## typeset the book and each chapter into _build/pdf; needs LaTeX, see the README
	@command -v latexmk >/dev/null && command -v xelatex >/dev/null || { echo "LaTeX is missing; the README says what to install." >&2; exit 1; }
	@$(BOOK) --builder latex --quiet
	@cd _build/latex && latexmk -xelatex -silent -interaction=nonstopmode -halt-on-error bandits-that-generalize.tex >latexmk.log 2>&1 \
	    || { grep -A5 '^!' bandits-that-generalize.log; tail -5 latexmk.log; exit 1; }
	@$(PY) pages/ext/book_pdf.py

bank: $(STAMP) ## write the questions for a course into _build/bank: Moodle XML and a QTI package
	@$(PY) pages/ext/question_bank.py _build/bank

key: $(STAMP) ## the key to problem sets, project and exam, for teachers, into _build/key; no part of the book
	@$(PY) -m pages.key.build

slides: book ## one deck of slides a chapter, with notes for the speaker, into _build/slides; needs npm
	@$(PY) -m pages.slides.build

figures: book ## all figures as SVG and PDF, with captions and alternative texts, into _build/figures.zip
	@$(PY) -m pages.slides.figures

test: $(STAMP) ## build the book, run every chapter, compare every output, test the code, the site and its pages in a browser; ALL=1 for what takes long, too; WORKERS=4 for four cores
	$(REPRODUCIBLE) $(COMPILED) BOOK_DRAWINGS=0 $(PY) -m pytest tests chapters $(if $(ALL),pages/key,-m "not slow") -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(NBVAL)

check: $(STAMP) lint ## the minute between two edits: lint, the tests of what has changed, and the chapters that have; BASE=main since then
	$(REPRODUCIBLE) $(PY) tests/changed.py $(BASE) | xargs -r env $(REPRODUCIBLE) BOOK_DRAWINGS=0 $(PY) -m pytest -m "not slow" $(NBVAL)

attack: $(STAMP) ## nonsense for every public call, damaged and hostile files, bytes over the wire; ATTACK_SECONDS=600
	ATTACK_SECONDS=$(or $(ATTACK_SECONDS),600) $(REPRODUCIBLE) $(PY) -m pytest -q tests/attack tests/ground/test_saving.py \
	    tests/production/test_store.py tests/production/test_ledger.py tests/production/test_histories.py \
	    tests/shop/test_shop.py

kernels: $(STAMP) ## do the stored numbers come out under the kernels of other processors? OTHERS=2 for two of them
	$(PY) tests/kernels.py $(if $(OTHERS),--others $(OTHERS)) $(if $(OWN),--own) $(ONLY)

speed: book ## ask Lighthouse how fast the pages come; run nothing else meanwhile
	BOOK_IS_BUILT=1 $(PY) -m pytest tests/site/test_lighthouse.py -m alone -q -s

lab: $(STAMP) ## open the chapters in JupyterLab: trusted, solutions folded, as wide as a page
	@$(PY) -m jupyter trust chapters/*.ipynb >/dev/null
	$(LAB) $(PY) -m jupyterlab chapters $(OPTIONS)

execute: $(STAMP) ## run notebooks anew and store their outputs; CHAPTERS="chapters/01_fifty_strangers.ipynb" for one
	$(PY) -m ruff format --quiet $(NARROW) $(CHAPTERS)
	cd $(dir $(firstword $(CHAPTERS))) && $(REPRODUCIBLE) BOOK_STRICT=1 $(abspath $(PY)) -m nbconvert --to notebook --execute --inplace \
	    --ExecutePreprocessor.record_timing=False --ExecutePreprocessor.timeout=600 \
	    $(notdir $(filter-out $(LAST),$(CHAPTERS)) $(filter $(LAST),$(CHAPTERS)))
	$(REPRODUCIBLE) $(PY) tests/helpers/machine.py $(CHAPTERS)
	$(NBSTRIP) $(CHAPTERS)
	@$(PY) -m pages.student.answers

answers: $(STAMP) ## tell zoo.check what is right, from the solutions as they are executed; "make execute" does it too
	@$(PY) -m pages.student.answers

student: $(STAMP) ## the chapters without solutions and nbgrader assignments, in _build/student; EXERCISES="ex-flip ex-share" for one of these
	@$(PY) -m pages.student.notebooks $(EXERCISES)

serve: book ## build the book and serve it on the loopback address, PORT=8017
	$(PY) -m http.server $(PORT) --bind 127.0.0.1 --directory $(HTML)

shop: $(STAMP) ## open the pet shop as a page on this machine; STORE=redis://... keeps it in Redis, SHOP_PORT=8018
	@mkdir -p _build
	@$(REPRODUCIBLE) $(PY) -m zoolab.serving.shop --store $(STORE) --port $(or $(SHOP_PORT),8018)

bench: $(STAMP) ## time the package against the literal versions of its algorithms
	$(REPRODUCIBLE) $(PY) -m zoolab.benchmarks

PEERS   := zoolab/benchmarks/.venv-peers/bin/python
bench-peers: $(STAMP) # the same, and the libraries of others in an environment of their own; PEARL=, PROBML=path/to/a/clone; ONLY=different
	@test -x $(PEERS) || $(PY) -m venv zoolab/benchmarks/.venv-peers
	$(PEERS) -m pip install --quiet --disable-pip-version-check -r zoolab/benchmarks/requirements-peers.txt
	$(if $(PEARL),$(PEERS) -m pip install --quiet --disable-pip-version-check --no-deps $(PEARL))
	$(if $(PROBML),echo $(abspath $(PROBML)) > $$($(PEERS) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/probml.pth)
	$(REPRODUCIBLE) $(PY) -m zoolab.benchmarks $(if $(ONLY),--only $(ONLY),--peers)

replicate: $(STAMP) ## run the claims in worlds that nobody has looked at; CHAPTERS=... OFFSET=123456 for one's own
	$(REPRODUCIBLE) $(PY) -m zoolab.experiments replicate $(if $(filter-out file,$(origin CHAPTERS)),$(CHAPTERS)) \
	    $(if $(OFFSET),--offset $(OFFSET),--hundreds $(or $(HUNDREDS),1:4)) $(if $(TABLES),--tables $(TABLES)) $(if $(CLAIM),--claim $(CLAIM))

sweeps: $(STAMP) ## compute the tables in chapters/data anew; some hours on one core
	$(REPRODUCIBLE) $(PY) -m zoolab.experiments

times: $(STAMP) ## measure how long the chapters run on one core; CHAPTERS=... for some of them
	$(REPRODUCIBLE) $(PY) -m zoolab.benchmarks.chapters $(CHAPTERS)

lint: $(STAMP) ## check style, spelling and stored notebooks without changing anything
	$(PY) -m ruff check .
	$(PY) -m ruff format --check --exclude '*.ipynb' .
	$(if $(CHAPTERS),$(PY) -m ruff format --check $(NARROW) $(CHAPTERS) $(KEY))
	$(PY) -m codespell_lib
	$(if $(CHAPTERS),$(NBSTRIP) --verify $(CHAPTERS) $(KEY))

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
