"""The plan file as data: loading it fast, and its resource instances, configuration and prior state."""

from tfcheck.plan.configuration import ConfigModule, ConfigResource, ModuleCall, constant, constant_text, references
from tfcheck.plan.file import SavedPlanError
from tfcheck.plan.instance import Deposed, Instance, PriorData
from tfcheck.plan.load import KEEP, UNFILTERED, Loaded, load
from tfcheck.plan.overlay import is_masked
from tfcheck.plan.plan import Plan

__all__ = [
    "KEEP",
    "UNFILTERED",
    "ConfigModule",
    "ConfigResource",
    "Deposed",
    "Instance",
    "Loaded",
    "ModuleCall",
    "Plan",
    "PriorData",
    "SavedPlanError",
    "constant",
    "constant_text",
    "is_masked",
    "load",
    "references",
]
