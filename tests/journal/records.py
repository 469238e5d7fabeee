"""Records for the tests of the journal."""

from __future__ import annotations

from policyroute.journal import Known, Record

NOON = 1_763_726_400.0  # 2025-11-21T12:00:00Z
KNOWN = Known(
    attributes={"plan": "pro", "tenant": "hmac:0f"},
    spent={"day": 0.25},
    short={"day": ("big", "huge")},
    down=("far",),
    failed=("budget:hour",),
    detected={"person": False},
    unscanned=("image",),
    has=("images", "tools"),
    stream=True,
    max_output=100,
    asked_tags=("pii",),
    asked_cost_nano=5,
    seed=2**40,
    canary=True,
)
MADE = Record(
    "d0",
    NOON,
    "acme",
    3,
    "sha256:0a",
    "route",
    reason="by_tier",
    stage="complexity",
    requested_model="auto",
    model="small",
    tier="basic",
    tags=("pii", "eu"),
    fired=("mail", "all"),
    excluded={"big": "routes.eu", "huge": "budgets.day"},
    budget="day",
    task="code",
    score=0.5,
    unscanned=True,
    tokens_estimated=12,
    user="hmac:aa",
    facts=KNOWN,
)
DONE = MADE._replace(
    attempts=2,
    input_tokens=10,
    output_tokens=20,
    cached_tokens=4,
    estimated=True,
    cost_nano=12_345,
    baseline_nano=99_999,
    latency_ms=12.5,
    stream_end="complete",
    status=200,
)


def made(name: str, at: float = NOON) -> Record:
    """A decision of which nothing more is known."""
    return MADE._replace(id=name, at=at)


def done(name: str, at: float = NOON, cost_nano: int = 12_345) -> Record:
    """A decision and what came of it."""
    return DONE._replace(id=name, at=at, cost_nano=cost_nano)
