"""What another policy would have earned (chapter 9)."""

from zoolib.off_policy.estimators import (
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
from zoolib.off_policy.policies import per_visit, shop_log, thompson_ranks, true_value
from zoolib.off_policy.propensities import Logbook, action_probabilities
from zoolib.off_policy.replayed import replay, thinned
