"""From a missing import to the edit that mends it: which file, which line, which spelling.

Where there is doubt there is no edit: a `Refusal` says what stands in the way.
"""

from nsfix.plan.choice import Anchor, SourceView
from nsfix.plan.imports import Fix, Refusal, find_anchor, plain_fix, plan_imports
from nsfix.plan.rewrite import Task, rewrite
from nsfix.plan.rust import refuse_rust
from nsfix.plan.spelling import namespace_fault

__all__ = [
    "Anchor",
    "Fix",
    "Refusal",
    "SourceView",
    "Task",
    "find_anchor",
    "namespace_fault",
    "plain_fix",
    "plan_imports",
    "refuse_rust",
    "rewrite",
]
