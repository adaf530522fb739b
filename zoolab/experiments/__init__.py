"""Experiments that take too long for a notebook: each module is one, and gives a table or several in ``chapters/data``.

``python -m zoolab.experiments`` (``make -C zoolab sweeps``) computes all tables, ``python -m zoolab.experiments
gauntlet`` one. What is done is kept in ``.cache/sweeps``, so that a run that was stopped goes on where it was.
"""
