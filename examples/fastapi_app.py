"""A FastAPI app with policyroute in front of it: `uvicorn examples.fastapi_app:app`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request

from policyroute.middleware.asgi import PolicyRouteMiddleware

app = FastAPI()
app.add_middleware(PolicyRouteMiddleware, policy=Path(__file__).with_name("policy.yaml"))


@app.post("/v1/chat/completions")
async def chat(request: Request) -> dict[str, Any]:
    """Where your app calls a model."""
    body = await request.json()
    answer = f"{body['model']} would answer, as {request.state.policyroute.reason} says"
    return {
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 12},
    }
