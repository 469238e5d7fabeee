"""The OpenAI SDK with policyroute in its http client: nothing else of your program changes. `python -m examples.openai_sdk`."""

from __future__ import annotations

from pathlib import Path

import httpx2
from openai import OpenAI, PermissionDeniedError

from policyroute.middleware.httpx2 import PolicyTransport

POLICY = Path(__file__).with_name("policy.yaml")


def client(transport: httpx2.BaseTransport | None = None, **options: str) -> OpenAI:
    """A client whose calls the policy decides; `transport` is what really sends, by default the network."""
    deciding = PolicyTransport(policy=POLICY, transport=transport, attributes=lambda request: {"tenant": "acme"})
    return OpenAI(http_client=httpx2.Client(transport=deciding), **options)


def ask(openai: OpenAI, question: str) -> str:
    """One question, wherever it may go."""
    try:
        answer = openai.chat.completions.create(model="auto", messages=[{"role": "user", "content": question}])
    except PermissionDeniedError as denied:
        return f"denied: {denied.code}"
    return answer.choices[0].message.content or ""


if __name__ == "__main__":
    print(ask(client(), "What is the capital of France?"))
