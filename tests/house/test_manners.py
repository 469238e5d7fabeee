"""Manners that a linter does not know: what is caught, what is kept between calls, what names say, what is left behind."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.house.survey import Source, dotted, functions, imports, parse, sources

BROAD = {"Exception", "BaseException"}
OPTIONAL = {"rich"}  # what an extra brings may be imported where it is used
# They import by name, so that a start costs little.
IMPORTERS = {
    "policyroute/scan/engines/hyperscan_set.py",
    "policyroute/__init__.py",
    "policyroute/cli/bench.py",
    "policyroute/cli/main.py",
    "policyroute/ledgers/opening.py",
    "policyroute/loading/__init__.py",
}

CONTAINERS = {
    "bytearray",
    "Counter",
    "defaultdict",
    "deque",
    "dict",
    "list",
    "OrderedDict",
    "set",
    "WeakKeyDictionary",
    "WeakValueDictionary",
}
CHANGES = set("add append appendleft clear discard extend insert pop popitem popleft remove setdefault sort update".split())

SAY_NOTHING = set("router manager handler service context util helper base common data info".split())
LEFT_BEHIND = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|\bfor" + r" now\b", re.IGNORECASE)


def catching(source: Source) -> Iterator[str]:
    """Handlers that catch whatever comes."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or dotted(kind) in BROAD for kind in kinds):
                yield source.at(node, "catches everything: name what can go wrong")
        elif (
            isinstance(node, ast.Call)
            and dotted(node.func).endswith("suppress")
            and any(dotted(one) in BROAD for one in node.args)
        ):
            yield source.at(node, "suppresses everything: name what can go wrong")


def importing(source: Source) -> Iterator[str]:
    """Imports that a reader of the top of the file does not see."""
    for one in imports(source):
        if one.in_function and one.parts[0] not in OPTIONAL:
            yield source.at(one.node, f"`{one.name}` is imported inside a function")
    if source.path not in IMPORTERS:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and dotted(node.func).rsplit(".", 1)[-1] in {"import_module", "__import__"}:
                yield source.at(node, "imports by name")


def keeping(source: Source) -> Iterator[str]:
    """State of a module: `global`, and containers at the top that a function changes."""
    kept = set()
    for node in source.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and makes_container(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            kept.update(dotted(target) for target in targets)
    for function in functions(source.tree):
        own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        own |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                yield source.at(node, f"`global {', '.join(node.names)}`")
            elif changed(node) in kept - own:
                yield source.at(node, f"changes `{changed(node)}`, which the module keeps")


def makes_container(value: ast.expr | None) -> bool:
    """Whether an expression makes a container that can be changed."""
    if isinstance(value, ast.Call):
        return dotted(value.func).rsplit(".", 1)[-1] in CONTAINERS
    return isinstance(value, ast.Dict | ast.DictComp | ast.List | ast.ListComp | ast.Set | ast.SetComp)


def changed(node: ast.AST) -> str:
    """The name whose container a node changes, if it does."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return dotted(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
        return dotted(node.func.value)
    return ""


def handing_on(source: Source) -> Iterator[str]:
    """`**kwargs` that a function takes only to pass on: nobody can see what it accepts."""
    for function in functions(source.tree):
        taken = function.args.kwarg.arg if function.args.kwarg else None
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and any(
                one.arg is None and taken and dotted(one.value) == taken for one in node.keywords
            ):
                yield source.at(node, f"hands `**{taken}` on")


def naming(source: Source) -> Iterator[str]:
    """Names of modules and classes with a word that fits anything."""
    names: list[tuple[ast.AST, str]] = [(source.tree, part.removesuffix(".py")) for part in source.path.split("/")]
    names += [(node, node.name) for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)]
    for node, name in names:
        words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
        if empty := SAY_NOTHING & {*words, *(word.removesuffix("s") for word in words)}:
            yield source.at(node, f"`{name}`: `{empty.pop()}` says nothing")


def leaving_behind(source: Source) -> Iterator[str]:
    """Comments and docstrings that put something off, and functions that only say they are not there yet."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and LEFT_BEHIND.search(token.string):
            yield f"{source.path}:{token.start[0]}: {token.string}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and LEFT_BEHIND.search(
            ast.get_docstring(node) or ""
        ):
            yield source.at(node, "its docstring puts something off")
        if isinstance(node, ast.Raise) and node.exc and "NotImplemented" in ast.unparse(node.exc):
            yield source.at(node, "is not there yet")


def doubling(source: Source) -> Iterator[str]:
    """Tests that replace real parts, or that wait."""
    for one in imports(source):
        if "mock" in one.parts or one.parts[0] in {"pytest_mock", "respx"}:
            yield source.at(one.node, f"`{one.name}`: tests use real parts")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and dotted(node.func) in {"time.sleep", "asyncio.sleep", "sleep"}:
            yield source.at(node, "waits: hand the clock in")


def telling(source: Source) -> Iterator[str]:
    """Tests that do not say which fact they prove."""
    for function in functions(source.tree):
        if function.name.startswith("test_") and not ast.get_docstring(function):
            yield source.at(function, f"`{function.name}` does not say which fact it proves")


PACKAGE_RULES = (catching, importing, keeping, handing_on, naming)
TEST_RULES = (doubling, telling)


@pytest.mark.parametrize("rule", [*PACKAGE_RULES, *TEST_RULES, leaving_behind], ids=lambda rule: rule.__name__)
def test_the_code_has_manners(rule) -> None:
    """No file has what its rule complains of; every rule says all of it at once."""
    folders = (
        ["policyroute"] if rule in PACKAGE_RULES else ["tests"] if rule in TEST_RULES else ["policyroute", "tests", "benchmarks"]
    )
    assert "\n".join(chain.from_iterable(rule(source) for source in sources(*folders))) == ""


BAD = [
    (catching, "try:\n    x()\nexcept:\n    pass", "catches everything"),
    (catching, "try:\n    x()\nexcept Exception as e:\n    raise", "catches everything"),
    (catching, "try:\n    x()\nexcept (ValueError, BaseException):\n    pass", "catches everything"),
    (catching, "with contextlib.suppress(Exception):\n    x()", "suppresses everything"),
    (importing, "def late():\n    import json", "`json` is imported inside"),
    (importing, "class Box:\n    def late(self):\n        from json import dumps", "`json.dumps` is imported inside"),
    (importing, "box = importlib.import_module(name)", "imports by name"),
    (keeping, "def count():\n    global seen\n    seen += 1", "`global seen`"),
    (keeping, "seen = {}\ndef count(x):\n    seen[x] = 1", "changes `seen`"),
    (keeping, "seen: list[int] = []\ndef count(x):\n    seen.append(x)", "changes `seen`"),
    (keeping, "seen = defaultdict(int)\ndef count(x):\n    seen[x] += 1", "changes `seen`"),
    (keeping, "seen = set()\nclass Box:\n    def count(self, x):\n        seen.add(x)", "changes `seen`"),
    (handing_on, "def outer(**options):\n    inner(**options)", "hands `**options` on"),
    (naming, "class PolicyManager: ...", "`manager` says nothing"),
    (naming, "class HTTPHandler: ...", "`handler` says nothing"),
    (naming, "class Helpers: ...", "`helper` says nothing"),
    (leaving_behind, "x = 1  # TO" + "DO: later", "TO" + "DO"),
    (leaving_behind, 'def f():\n    """Good enough for' + ' now."""', "puts something off"),
    (leaving_behind, "def f():\n    raise NotImplemented" + "Error", "not there yet"),
    (doubling, "from unittest.mock import patch", "real parts"),
    (doubling, "import time\ntime.sleep(1)", "waits"),
    (telling, "def test_it():\n    assert True", "which fact"),
]
GOOD = [
    (catching, "try:\n    x()\nexcept (ValueError, KeyError):\n    pass"),
    (importing, "import json\ndef late():\n    import rich.table"),
    (keeping, "PRICES = {'a': 1}\ndef price(x):\n    seen = {}\n    seen[x] = PRICES[x]\n    return seen"),
    (keeping, "seen = []\ndef count(seen):\n    seen.append(1)"),
    (handing_on, "def named(**options):\n    return sorted(options)"),
    (naming, "class Database: ..."),
    (leaving_behind, "PATTERN = 'TO" + "DO|placeholder'  # an answer with such a word in it is unfinished"),
    (doubling, "import time\nstart = time.monotonic()"),
    (telling, 'def test_it():\n    """One is one."""'),
]


@pytest.mark.parametrize(("rule", "code", "complaint"), BAD)
def test_bad_manners_are_seen(rule, code: str, complaint: str) -> None:
    """Each rule complains of code that breaks it, and names the place."""
    found = "\n".join(rule(parse("policyroute/box.py", code)))
    assert complaint in found
    assert found.startswith("policyroute/box.py:")


@pytest.mark.parametrize(("rule", "code"), GOOD)
def test_good_manners_pass(rule, code: str) -> None:
    """No rule complains of what the house allows."""
    assert list(rule(parse("policyroute/box.py", code))) == []


def test_a_module_name_must_say_something() -> None:
    """The words that say nothing are seen in the names of files and folders too."""
    assert "`util` says nothing" in "".join(naming(parse("policyroute/scan/text_utils.py", "")))
    assert "`common` says nothing" in "".join(naming(parse("policyroute/common/text.py", "")))
