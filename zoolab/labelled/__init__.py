"""Bandits made of labelled data (chapter 10)."""

from zoolab.labelled.classification import FORMS, ClassificationBandit, copies, scaled, shuffled
from zoolab.labelled.labelled_sets import SETS, LabelledData, labelled
from zoolab.labelled.wheel import WheelBandit
