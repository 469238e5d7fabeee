"""A Django project in one file, with policyroute in front of it: any WSGI server takes `examples.django_app:application`."""

from __future__ import annotations

import json
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from policyroute.middleware.wsgi import PolicyRouteMiddleware

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="only for this example", MIDDLEWARE=[])
    django.setup()


@csrf_exempt
def chat(request: HttpRequest) -> JsonResponse:
    """Where your app calls a model."""
    body = json.loads(request.body)
    answer = f"{body['model']} would answer, as {request.environ['policyroute.decision'].reason} says"
    return JsonResponse(
        {
            "model": body["model"],
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 12},
        }
    )


urlpatterns = [path("v1/chat/completions", chat)]
application = PolicyRouteMiddleware(get_wsgi_application(), policy=Path(__file__).with_name("policy.yaml"))
