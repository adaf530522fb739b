"""Bandits made of labelled data, and an agent with a head for each arm (chapter 10)."""

from zoolab.labelled.arm_heads import ArmHeadsAgent
from zoolab.labelled.classification import FORMS, ClassificationBandit, copies, scaled, shuffled
from zoolab.labelled.labelled_sets import SETS, LabelledData, labelled
from zoolab.labelled.wheel import WheelBandit
