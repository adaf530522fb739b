# What Makefile, pages/Makefile and zoolab/Makefile share. Every recipe runs in the root of the repository.

VENV := .venv
PY   := $(VENV)/bin/python

# One thread and a fixed hash seed: a stored number must come out again, digit for digit.
REPRODUCIBLE := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0

BOOK := $(PY) -c 'import sys; from jupyter_book.cli.main import main; sys.exit(main())' build . -W -n --keep-going
