"""The plan file as data: loading it fast, and its resource instances, configuration and prior state."""

from tfcheck.plan.configuration import (
    ConfigModule,
    ConfigResource,
    ModuleCall,
    ProviderConfig,
    VariableConfig,
    constant,
    constant_text,
    references,
)
from tfcheck.plan.file import SavedPlanError
from tfcheck.plan.instance import Instance, PriorData
from tfcheck.plan.load import Loaded, load
from tfcheck.plan.overlay import looks_like_reference, masked
from tfcheck.plan.plan import Plan
from tfcheck.plan.state import ShownFile, load_shown

__all__ = [
    "ConfigModule",
    "ConfigResource",
    "Instance",
    "Loaded",
    "ModuleCall",
    "Plan",
    "PriorData",
    "ProviderConfig",
    "SavedPlanError",
    "ShownFile",
    "VariableConfig",
    "constant",
    "constant_text",
    "load",
    "load_shown",
    "looks_like_reference",
    "masked",
    "references",
]
