"""A body as it leaves: what was asked is changed, and nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from hypothesis import given, settings, strategies as st

from policyroute.call import Api
from policyroute.dialects import json_body, read_call
from policyroute.dialects.writing import rewritten, rewritten_path, tells_usage
from policyroute.errors import CallError
from tests.dialects.planting import APIS, SMALLEST

CHAT = b'{ "model" : "auto",\r\n\t"messages":[{"role":"user","content":"a \\"model\\": \\u00e9 \xc3\xa9"}] , "temperature":1.50 }'

CASES = [
    ("openai.chat", {"model": "m-1"}, CHAT, CHAT.replace(b'"auto"', b'"m-1"')),
    ("openai.chat", {"model": 'q"\u00e9'}, b'{"model":"x","n":1}', b'{"model":"q\\"\\u00e9","n":1}'),
    ("openai.chat", {"model": "m"}, b"{}", b'{"model":"m"}'),
    ("openai.chat", {"model": "m"}, b' { "a":{"model":"x"} } ', b' { "a":{"model":"x"},"model":"m" } '),
    ("openai.chat", {"model": "m"}, b'{"model":null}', b'{"model":"m"}'),
    ("openai.chat", {"model": "m"}, b'{"\\u006dodel":"x"}', b'{"\\u006dodel":"m"}'),
    ("openai.chat", {"most_output": 5}, b'{"max_tokens":9}', b'{"max_tokens":5}'),
    (
        "openai.chat",
        {"most_output": 5},
        b'{"max_tokens":9,"max_completion_tokens":7}',
        b'{"max_tokens":5,"max_completion_tokens":5}',
    ),
    (
        "openai.chat",
        {"most_output": 5},
        b'{"max_tokens":9,"max_completion_tokens":3}',
        b'{"max_tokens":5,"max_completion_tokens":3}',
    ),
    ("openai.chat", {"most_output": 5}, b'{"max_tokens":null}', b'{"max_tokens":5}'),
    ("openai.chat", {"most_output": 5}, b'{"n":1}', b'{"n":1,"max_completion_tokens":5}'),
    ("openai.completions", {"most_output": 5}, b'{"n":1}', b'{"n":1,"max_tokens":5}'),
    ("openai.responses", {"most_output": 5}, b'{"max_output_tokens": 70}', b'{"max_output_tokens": 5}'),
    ("anthropic.messages", {"most_output": 5}, b'{"max_tokens":70}', b'{"max_tokens":5}'),
    ("gemini.generate", {"most_output": 5}, b'{"contents":[]}', b'{"contents":[],"generationConfig":{"maxOutputTokens":5}}'),
    ("gemini.generate", {"most_output": 5}, b'{"generationConfig":null}', b'{"generationConfig":{"maxOutputTokens":5}}'),
    ("gemini.generate", {"most_output": 5}, b'{"generationConfig":{ }}', b'{"generationConfig":{"maxOutputTokens":5 }}'),
    (
        "gemini.generate",
        {"most_output": 5},
        b'{"generation_config":{"max_output_tokens":7,"topK":1}}',
        b'{"generation_config":{"max_output_tokens":5,"topK":1}}',
    ),
    ("gemini.generate", {"model": "g"}, b'{"model":"models/a"}', b'{"model":"models/g"}'),
    ("openai.chat", {"ask_usage": True}, b'{"stream":true}', b'{"stream":true,"stream_options":{"include_usage":true}}'),
    (
        "openai.completions",
        {"ask_usage": True},
        b'{"stream":true,"stream_options":{"include_obfuscation":false}}',
        b'{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}',
    ),
    (
        "openai.chat",
        {"ask_usage": True},
        b'{"stream_options":{"include_usage": false},"stream": true}',
        b'{"stream_options":{"include_usage": true},"stream": true}',
    ),
    (
        "openai.chat",
        {"ask_usage": True},
        b'{"stream":true,"stream_options":null}',
        b'{"stream":true,"stream_options":{"include_usage":true}}',
    ),
    ("openai.chat", {}, b'{"max_cost":1, "n":2}', b'{"n":2}'),
    ("openai.chat", {}, b'{"n":2 , "prefer_speed":true }', b'{"n":2 }'),
    ("openai.chat", {}, b'{ "prefer_speed":true, "max_cost":1 }', b"{  }"),
    ("openai.chat", {"model": "m"}, b'{"max_cost":1}', b'{"model":"m"}'),
    ("openai.chat", {}, b'{"max\\u005fcost":1,"n":2}', b'{"n":2}'),
    ("openai.chat", {}, b'{"metadata":{"policyroute":{"tags":["a"]}},"n":2}', b'{"n":2}'),
    ("openai.chat", {}, b'{"n":2,"metadata":{"policyroute":{"tier":"b"} ,"team":"x"}}', b'{"n":2,"metadata":{"team":"x"}}'),
    ("openai.chat", {}, b'{"n":2,"metadata":{"team":"x", "policyroute":null}}', b'{"n":2,"metadata":{"team":"x"}}'),
    (
        "openai.chat",
        {"model": "m", "most_output": 3, "ask_usage": True},
        b'{"prefer_speed":false,"stream":true,"max_tokens":4,"max_cost":1,"model":"a","metadata":{"policyroute":{}}}',
        b'{"stream":true,"max_tokens":3,"model":"m","stream_options":{"include_usage":true}}',
    ),
]


@pytest.mark.parametrize(("api", "asked", "body", "leaves"), CASES, ids=range(len(CASES)))
def test_only_what_is_asked_changes(api: Api, asked, body: bytes, leaves: bytes) -> None:
    """Every other byte stays where it was, spaces, escapes and spellings of numbers included."""
    assert rewritten(body, api, **asked) == leaves
    assert json.loads(leaves) == json.loads(rewritten(leaves, api, **asked))


UNCHANGED = [
    ("openai.chat", {}, CHAT),
    ("openai.chat", {"model": "auto"}, CHAT),
    ("openai.chat", {"most_output": 9}, b'{"max_tokens":9}'),
    ("openai.chat", {"most_output": 9}, b'{"max_completion_tokens":1}'),
    ("openai.embeddings", {"most_output": 9}, b'{"input":"x"}'),
    ("gemini.generate", {"most_output": 9}, b'{"generationConfig":{"maxOutputTokens":9}}'),
    ("gemini.generate", {"model": "g"}, b'{"contents":[]}'),
    ("gemini.generate", {"model": "g"}, b'{"model":"models/g"}'),
    ("openai.chat", {"ask_usage": True}, b'{"stream":false}'),
    ("openai.chat", {"ask_usage": True}, b'{"stream":true,"stream_options":{"include_usage":true}}'),
    ("openai.completions", {"ask_usage": True}, b'{"stream":true,"stream_options":"all"}'),
    ("openai.responses", {"ask_usage": True}, b'{"stream":true}'),
    ("anthropic.messages", {"ask_usage": True}, b'{"stream":true}'),
    ("openai.chat", {}, b'{"user":"policyroute\\u0020max_cost","metadata":{"x":{"policyroute":1}},"tools":[{"max_cost":1}]}'),
    ("openai.chat", {}, b'{"metadata":{}}'),
]


@pytest.mark.parametrize(("api", "asked", "body"), UNCHANGED, ids=range(len(UNCHANGED)))
def test_where_nothing_changes_it_is_the_same_object(api: Api, asked, body: bytes) -> None:
    """A limit is never raised, a name below the top is not ours, and what is there already is not written again."""
    assert rewritten(body, api, **asked) is body


@pytest.mark.parametrize(
    ("api", "body", "told"),
    [
        ("openai.chat", b'{"stream":true}', False),
        ("openai.chat", b'{"stream_options":{"include_usage":true}}', True),
        ("openai.chat", b'{"stream_options":{"\\u0069nclude_usage":true}}', True),
        ("openai.chat", b'{"stream_options":{"include_usage":false}}', False),
        ("openai.chat", b'{"user":"include_usage"}', False),
        ("openai.completions", b'{"stream_options":null,"user":"include_usage"}', False),
        ("openai.responses", b"{}", True),
        ("anthropic.messages", b"{}", True),
    ],
)
def test_who_asked_for_usage_is_known(api: Api, body: bytes, told: bool) -> None:
    """Only chat and old completions leave it out of a stream unless they are asked."""
    assert tells_usage(body, api) is told


names = st.sampled_from(
    ["model", "max_cost", "prefer_speed", "policyroute", "metadata", "stream_options", "generationConfig", "x", 'q"\\', "\u00e9"]
)
leaves = (
    st.none() | st.booleans() | st.integers(-9, 10**18) | st.floats(-9, 9) | st.sampled_from(["", "a\\b", '"', "\u4e2d,}", "{"])
)
trees = st.recursive(leaves, lambda below: st.lists(below, max_size=3) | st.dictionaries(names, below, max_size=3), max_leaves=8)
FIELDS: dict[str, st.SearchStrategy] = {
    "x": trees,
    'q"\\': trees,
    "model": st.sampled_from(["auto", "m"]),
    "max_cost": st.just(1),
    "prefer_speed": st.booleans(),
    "metadata": st.none() | st.dictionaries(names.filter(lambda name: name != "policyroute"), leaves, max_size=2),
    "stream": st.booleans() | st.none(),
    "max_tokens": st.none() | st.integers(1, 99),
    "max_output_tokens": st.none() | st.integers(1, 99),
    "max_completion_tokens": st.none() | st.integers(1, 99),
    "stream_options": st.none() | st.fixed_dictionaries({}, optional={"include_usage": st.booleans()}),
    "generationConfig": st.none()
    | st.fixed_dictionaries({}, optional={"topK": st.just(4), "maxOutputTokens": st.integers(1, 99)}),
}
LIMITS = {
    "openai.chat": {"max_tokens", "max_completion_tokens"},
    "openai.completions": {"max_tokens"},
    "openai.responses": {"max_output_tokens"},
    "openai.embeddings": set(),
    "anthropic.messages": {"max_tokens"},
}


def spaced(tree: object, gaps: st.DataObject) -> str:
    """JSON with white space wherever it may stand."""
    if isinstance(tree, dict):
        inside = ",".join(f"{spaced(key, gaps)}:{spaced(value, gaps)}" for key, value in tree.items())
        written = f"{{{inside}}}"
    elif isinstance(tree, list):
        written = f"[{','.join(spaced(value, gaps) for value in tree)}]"
    else:
        written = json.dumps(tree, ensure_ascii=gaps.draw(st.booleans()))
    before, after = gaps.draw(st.tuples(*[st.sampled_from(["", "", " ", "\n", "\t\r\n"])] * 2))
    return f"{before}{written}{after}"


def outgoing(body: dict[str, object]) -> dict[str, object]:
    """The body without what was asked of policyroute; metadata that held nothing else goes with it."""
    kept = {key: value for key, value in body.items() if key not in ("max_cost", "prefer_speed")}
    metadata = kept.get("metadata")
    if type(metadata) is dict and "policyroute" in metadata:
        kept["metadata"] = {key: value for key, value in metadata.items() if key != "policyroute"}
        if not kept["metadata"]:
            del kept["metadata"]
    return kept


def expected(api: Api, tree: dict, model: str | None, most: int | None, ask: bool) -> dict:
    """The same tree with only what was asked."""
    made = outgoing(tree)
    if model is not None and (api != "gemini.generate" or "model" in made):
        made["model"] = model
    if most is not None and api == "gemini.generate":
        config = made.get("generationConfig") or {}
        made["generationConfig"] = {**config, "maxOutputTokens": min(most, config.get("maxOutputTokens", most))}
    elif most is not None:
        given = {name for name in LIMITS[api] if made.get(name) is not None}
        for name in given or [name for name in LIMITS[api] if name in made][:1] or sorted(LIMITS[api])[:1]:
            made[name] = min(made.get(name) or most, most)
    if ask and made.get("stream") is True and api in ("openai.chat", "openai.completions"):
        made["stream_options"] = {**(made.get("stream_options") or {}), "include_usage": True}
    return made


@given(
    st.sampled_from(APIS),
    st.lists(st.sampled_from(sorted(FIELDS)), unique=True, max_size=7),
    st.none() | st.sampled_from(["m", "n/\u00e9"]),
    st.none() | st.integers(1, 99),
    st.booleans(),
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_read_again_it_is_the_same_but_for_what_was_asked(api: Api, fields, model, most, ask, data) -> None:
    """Whatever else stands in it, in whatever order and spacing."""
    if api == "gemini.generate" and model is not None:
        model = model.replace("/", "-")
    tree = {field: data.draw(FIELDS[field]) for field in fields}
    if isinstance(tree.get("metadata"), dict) and data.draw(st.booleans()):
        tree["metadata"]["policyroute"] = {"tags": ["a"]}
    if tree.get("max_tokens", 1) is None and "max_completion_tokens" in tree:
        tree["max_completion_tokens"] = 3
    if tree.get("max_completion_tokens", 1) is None:
        del tree["max_completion_tokens"]
    body = spaced(tree, data).encode()
    made = rewritten(body, api, model=model, most_output=most, ask_usage=ask)
    assert json.loads(made) == expected(api, tree, model, most, ask)
    assert list(json.loads(made)) == list(expected(api, tree, model, most, ask))
    assert rewritten(made, api, model=model, most_output=most, ask_usage=ask) is made
    if json.loads(made) == tree:
        assert made is body


@given(st.sampled_from(APIS), st.data())
@settings(max_examples=40, deadline=None)
def test_what_leaves_can_be_read_and_says_the_same(api: Api, data) -> None:
    """The same parts under another model."""
    tree = {**SMALLEST[api], "user": data.draw(st.text(max_size=9)), "max_cost": 2}
    body = json.dumps(tree, ensure_ascii=data.draw(st.booleans())).encode()
    try:
        before = read_call(body, api)
    except CallError:
        return
    after = read_call(rewritten(body, api, model="other"), api)
    assert after.parts == before.parts
    assert after.asks.max_cost_nano is None
    assert after.requested_model == ("other" if api != "gemini.generate" else None)


PATHS = [
    ("/v1beta/models/gpt-x:generateContent", "own", "/v1beta/models/own:generateContent"),
    ("/app/v1beta/models/a:streamGenerateContent?alt=sse", "own", "/app/v1beta/models/own:streamGenerateContent?alt=sse"),
    ("/v1beta/tunedModels/mine:generateContent", "own", "/v1beta/tunedModels/own:generateContent"),
    ("/v1beta/models/a:generateContent", "tunedModels/mine", "/v1beta/tunedModels/mine:generateContent"),
    ("/v1beta/models//a:generateContent/", "own", "/v1beta/models//own:generateContent/"),
    ("/models/a:generateContent/models/b:generateContent", "own", "/models/own:generateContent/models/own:generateContent"),
    ("/models/a:generateContent?x=/models/b:generateContent", "own", "/models/own:generateContent?x=/models/b:generateContent"),
    ("/models/a:b:generateContent", "a/b ?\u00e9", "/models/a%2Fb%20%3F%C3%A9:generateContent"),
    ("/v1beta/models/a:countTokens", "own", "/v1beta/models/a:countTokens"),
    ("/v1beta/models/:generateContent", "own", "/v1beta/models/:generateContent"),
]


@pytest.mark.parametrize(("path", "model", "goes"), PATHS)
def test_a_path_names_the_model_that_was_chosen(path: str, model: str, goes: str) -> None:
    """Where it names one; in the other formats it is only a path."""
    assert rewritten_path(path, "gemini.generate", model) == goes
    assert rewritten_path(goes, "gemini.generate", model) == goes
    assert rewritten_path(path, "openai.chat", model) == path


@given(st.text(st.characters(exclude_characters="/?", exclude_categories=["Cs", "Cc"]), min_size=1))
@settings(max_examples=40, deadline=None)
def test_a_path_that_leaves_is_read_as_it_was_meant(model: str) -> None:
    """Once it is decoded; and one that is decoded already says the same."""
    path = "/v1beta/models/a:generateContent"
    goes = rewritten_path(path, "gemini.generate", model)
    assert unquote(goes) == rewritten_path(path, "gemini.generate", model, decoded=True)
    call = read_call(b'{"contents": []}', "gemini.generate", path=unquote(goes))
    assert call.requested_model == (None if model in ("auto", "smart-router") else model)


@pytest.fixture
def few_digits() -> Iterator[None]:
    """A host that makes no number of more than 640 digits."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    yield
    sys.set_int_max_str_digits(before)


@pytest.mark.usefixtures("few_digits")
def test_a_number_of_any_length_is_passed_over() -> None:
    """Also one that Python would refuse to make a number of."""
    digits = b"1" * json_body.MAX_DIGITS
    body = b'{"x":[' + digits + b"," + digits + b'.5e+1],"model":"a"}'
    assert rewritten(body, "openai.chat", model="b") == body.replace(b'"a"', b'"b"')
