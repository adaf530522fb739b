"""Logs of other policies: reading them, and what another policy would have earned (chapter 9)."""

from zoolab.logs.estimators import (
    Estimate,
    cross_fitted,
    direct,
    doubly_robust,
    ips,
    overlap,
    ridge_rewards,
    shrunk_dr,
    snips,
    switch_dr,
    weights,
)
from zoolab.logs.logs import LoggedData, log_of_frame, refuse_cells, refuse_rows
from zoolab.logs.packages import member
from zoolab.logs.policies import per_visit, shop_log, thompson_ranks, true_value
from zoolab.logs.propensities import Logbook, action_probabilities
from zoolab.logs.public_logs import movielens, open_bandit, production_prior, rating_log
from zoolab.logs.replayed import replay, thinned
from zoolab.logs.unpacking import read_log
