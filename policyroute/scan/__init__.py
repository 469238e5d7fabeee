"""Text to which patterns are in it: one pass, linear time."""

from __future__ import annotations

from policyroute.scan.engines.engine import ScanFailed
from policyroute.scan.pattern import Pattern, PatternError, check
from policyroute.scan.scanner import Scanner, build

__all__ = ["Pattern", "PatternError", "ScanFailed", "Scanner", "build", "check"]
