"""From a missing import to the edit that mends it: which file, which line, which spelling.

Where there is doubt there is no edit: a `Refusal` says what stands in the way.
"""

from nsfix.plan.choice import SourceView
from nsfix.plan.imports import Fix, Refusal, namespace_fault, plan_imports
from nsfix.plan.rust import refuse_rust

__all__ = ["Fix", "Refusal", "SourceView", "namespace_fault", "plan_imports", "refuse_rust"]
