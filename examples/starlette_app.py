"""A Starlette app with policyroute in front of it: `uvicorn examples.starlette_app:app`, then POST to /v1/chat/completions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from policyroute.middleware.asgi import PolicyRouteMiddleware


async def chat(request: Request) -> JSONResponse:
    """Where your app calls a model: the body names the one that the policy chose."""
    decision = request.state.policyroute
    body = await request.json()
    answer = f"{body['model']} would answer; tags: {', '.join(decision.tags) or 'none'}"
    return JSONResponse(
        {
            "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 12},
        }
    )


def tenant(scope: Any) -> dict[str, str]:
    """What your own authentication knows about the caller."""
    return {"tenant": dict(scope["headers"]).get(b"x-tenant", b"nobody").decode()}


app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
app.add_middleware(PolicyRouteMiddleware, policy=Path(__file__).with_name("policy.yaml"), attributes=tenant)
