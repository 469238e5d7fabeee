"""A Flask app with policyroute in front of it: `flask --app examples.flask_app run`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, request

from policyroute.middleware.wsgi import PolicyRouteMiddleware

app = Flask(__name__)
app.wsgi_app = PolicyRouteMiddleware(app.wsgi_app, policy=Path(__file__).with_name("policy.yaml"))  # type: ignore[method-assign]


@app.post("/v1/chat/completions")
def chat() -> dict[str, Any]:
    """Where your app calls a model."""
    body = request.get_json()
    decision = request.environ["policyroute.decision"]
    answer = f"{body['model']} would answer, as {decision.reason} says"
    return {
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 12},
    }
