"""Signed tags: whose they are, for which body, until when, and only once."""

from __future__ import annotations

import base64
import hashlib
import multiprocessing
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from policyroute import Call, CallError
from policyroute.errors import UsageError
from policyroute.loading import loads
from policyroute.taggers import HEADER, Verifier, sign

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
BODY = b'{"model":"auto","messages":[{"role":"user","content":"Good morning"}]}'
NOW = 1_800_000_000
NONCE = "q1Yz8vK3mN5xR7tB"
PAGE = Path(__file__).resolve().parents[2] / "docs/nouns/tagger.md"
NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._/:@-]{0,19}", fullmatch=True)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def verifier(clock: Clock | None = None, **more: int) -> Verifier:
    """One that knows two keys."""
    return Verifier({"dlp": KEY, "dlp-next": OTHER}, clock=clock or Clock(), **more)


def signed(tags: tuple[str, ...] = ("phi", "pii"), expires: int = NOW + 60, nonce: str = NONCE, body: bytes = BODY) -> str:
    """A header that holds."""
    return sign("dlp", KEY, tags, body, expires=expires, nonce=nonce)


def refusal(run) -> CallError:
    """What a call is refused with; its message holds neither header nor body."""
    with pytest.raises(CallError) as caught:
        run()
    said = str(caught.value)
    assert said.startswith(f"{HEADER}: ")
    assert not re.search(r"phi|pii|dlp|mac=|Good|[0-9]", said)
    assert caught.value.__cause__ is None
    return caught.value


def mac_by_hand(key: bytes, text: str) -> str:
    """HMAC-SHA-256 as RFC 2104 writes it down, without the module that the package uses."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + text.encode()).digest()
    return base64.urlsafe_b64encode(hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()).decode().rstrip("=")


def remade(**changes: str) -> str:
    """A header of our own making, with a signature that fits what it says."""
    fields = {"key": "dlp", "tags": "phi,pii", "expires": str(NOW + 60), "nonce": NONCE}
    fields |= {"body": hashlib.sha256(BODY).hexdigest()} | changes
    return resigned("v1; " + "; ".join(f"{name}={value}" for name, value in fields.items()))


def resigned(text: str) -> str:
    """A text with a signature that fits."""
    return f"{text}; mac={mac_by_hand(KEY, f'{HEADER}: {text}')}"


def test_what_is_signed_is_verified() -> None:
    """The tags come back in order, each once."""
    assert verifier().verify(sign("dlp", KEY, ["pii", "phi", "pii"], BODY, expires=NOW + 60, nonce=NONCE), BODY) == ("phi", "pii")


def test_others_can_sign() -> None:
    """What is signed by code that shares nothing with the package is the very same header."""
    assert remade() == signed()
    assert verifier().verify(remade(), BODY) == ("phi", "pii")


def test_the_vector_of_the_page() -> None:
    """The page's example is recomputed, and holds."""
    text = PAGE.read_text("utf-8")
    said = dict(re.findall(r"^(secret|body|covered|header): (.*)$", text, re.MULTILINE))
    key, body = bytes.fromhex(said["secret"]), said["body"].encode()
    covered = said["covered"]
    assert said["header"] == f"{covered}; mac={mac_by_hand(key, covered)}".removeprefix(f"{HEADER}: ")
    assert hashlib.sha256(body).hexdigest() in covered
    assert Verifier({"dlp": key}, clock=Clock(1_800_000_000)).verify(said["header"], body) == ("phi", "pii")


@given(st.sets(NAMES, max_size=8), st.binary(max_size=50), st.integers(NOW + 1, NOW + 300), NAMES)
@settings(max_examples=50, deadline=None)
def test_any_tags_of_any_body(tags: set[str], body: bytes, expires: int, other: str) -> None:
    """Sorted and in full, case and all; the same header is no good for another body."""
    header = sign("dlp", KEY, tags, body, expires=expires, nonce=NONCE)
    assert list(verifier().verify(header, body)) == sorted(tags)
    assert refusal(lambda: verifier().verify(header, body + b" ")).code == "bad_signature"


@given(st.integers(0, 400), st.characters(codec="ascii"))
@settings(max_examples=100, deadline=None)
def test_no_character_can_be_changed(at: int, other: str) -> None:
    """A header that differs anywhere is refused: there is one way to write it."""
    header = signed()
    at %= len(header)
    if header[at] != other:
        assert refusal(lambda: verifier().verify(header[:at] + other + header[at + 1 :], BODY)).status == 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1",
        signed().replace("v1", "v2", 1),
        resigned(signed().replace("v1", "v2", 1).partition("; mac")[0]),
        remade(key="dlp2"),
        remade(key=""),
        remade(tags="pii,phi"),
        remade(tags="pii,pii"),
        remade(tags="pii,"),
        remade(tags="pii, phi"),
        remade(tags="pïi"),
        remade(expires="1e9"),
        remade(expires=f"0{NOW + 60}"),
        remade(expires=f"{NOW + 60}.5"),
        remade(expires="-1"),
        remade(expires="٣"),
        remade(expires=str(NOW + 301)),
        remade(expires="999999999999"),
        remade(nonce="short"),
        remade(nonce="n" * 65),
        remade(body=hashlib.sha256(BODY).hexdigest().upper()),
        remade(body=hashlib.sha256(b"").hexdigest()),
        remade(scope="all"),
        resigned(signed().partition("; mac")[0].replace("tags=phi,pii; ", "")),
        resigned(signed().partition("; mac")[0].replace("tags=phi,pii", "tags=phi; tags=pii")),
        resigned(signed().partition("; mac")[0].replace("; ", ";")),
        f"{signed()}, {signed(nonce='another-nonce-00')}",
        f"{signed()}\n",
        f" {signed()}",
        f"{signed()}=",
        f"{signed()}; mac={'A' * 43}",
        signed().rpartition("=")[0] + "=" + "A" * 43,
        signed().replace("key=dlp", "key=dlp-next"),
        remade(tags=",".join(f"t{i:03}" for i in range(65))),
        remade(tags="t" * 5000),
        "v1; " * 1_000_000,
    ],
)
def test_what_does_not_hold(header: str) -> None:
    """Whatever is wrong with a header: the call is refused, with a code, and nothing of the header is said."""
    refused = refusal(lambda: verifier().verify(header, BODY))
    assert (refused.code, refused.status) == ("bad_signature", 401)


def test_an_empty_list_of_tags_is_a_statement() -> None:
    """A tagger may say that it looked and found nothing."""
    assert verifier().verify(signed(tags=()), BODY) == ()


@pytest.mark.parametrize(("now", "code"), [(NOW, None), (NOW + 59.9, None), (NOW + 60, "expired"), (NOW + 61, "expired")])
def test_it_expires(now: float, code: str | None) -> None:
    """Up to the second that is stated, and not in it."""
    clock = Clock(now)
    if code is None:
        assert verifier(clock).verify(signed(), BODY)
    else:
        assert refusal(lambda: verifier(clock).verify(signed(), BODY)).code == "expired_signature"


def test_a_clock_that_does_not_know_lets_nothing_in() -> None:
    """Not a number is not before anything."""
    assert refusal(lambda: verifier(Clock(float("nan"))).verify(signed(), BODY)).code == "expired_signature"


def test_how_far_ahead() -> None:
    """A signature may live as long as the verifier allows, which bounds what has to be remembered."""
    assert verifier(most_ahead_s=60).verify(signed(), BODY)
    assert refusal(lambda: verifier(most_ahead_s=59).verify(signed(), BODY)).code == "bad_signature"


def test_it_is_good_once() -> None:
    """The same header again is a replay, and so is its nonce for another body or until another time."""
    clock = Clock()
    one = verifier(clock)
    assert one.verify(signed(), BODY)
    for again in (signed(), signed(body=b"{}"), signed(expires=NOW + 90), signed(tags=())):
        assert (
            refusal(lambda again=again: one.verify(again, b"{}" if again == signed(body=b"{}") else BODY)).code
            == "replayed_signature"
        )
    assert one.verify(signed(nonce="another-nonce-00"), BODY)
    clock.now = NOW + 60
    assert refusal(lambda: one.verify(signed(), BODY)).code == "expired_signature"


def test_what_is_refused_uses_up_no_nonce() -> None:
    """Whoever cannot sign cannot spend the nonces of those who can, nor fill what remembers them."""
    one = verifier(remembered=1)
    for header, body in ((signed()[:-1] + "?", BODY), (signed(), b"{}"), (remade(key="dlp2"), BODY)):
        refusal(lambda header=header, body=body: one.verify(header, body))
    assert one.verify(signed(), BODY)


def test_what_is_full_refuses() -> None:
    """It never forgets what could come again; when something expires there is room."""
    clock = Clock()
    one = verifier(clock, remembered=2)
    nonces = [f"nonce-number-{i:04}" for i in range(4)]
    one.verify(signed(nonce=nonces[0], expires=NOW + 10), BODY)
    one.verify(signed(nonce=nonces[1], expires=NOW + 20), BODY)
    full = refusal(lambda: one.verify(signed(nonce=nonces[2]), BODY))
    assert (full.code, full.status) == ("too_many_signatures", 503)
    assert refusal(lambda: one.verify(signed(nonce=nonces[0], expires=NOW + 10), BODY)).code == "replayed_signature"
    clock.now = NOW + 10
    assert one.verify(signed(nonce=nonces[2]), BODY)
    assert refusal(lambda: one.verify(signed(nonce=nonces[3]), BODY)).code == "too_many_signatures"


def test_memory_is_bounded() -> None:
    """What has expired is let go of, also with one new nonce a second for hours."""
    clock = Clock()
    one = verifier(clock, most_ahead_s=30)
    for second in range(5000):
        clock.now = NOW + second
        one.verify(signed(nonce=f"nonce-{second:010}", expires=NOW + second + 30), BODY)
    assert len(one._nonces._seen) == 30
    assert len(one._nonces._expiring) == 30


def test_a_clock_that_goes_back_brings_nothing_back() -> None:
    """What was forgotten because it had expired stays expired."""
    clock = Clock()
    one = verifier(clock)
    one.verify(signed(), BODY)
    clock.now = NOW + 100
    one.verify(signed(nonce="another-nonce-00", expires=NOW + 160), BODY)
    clock.now = NOW
    assert refusal(lambda: one.verify(signed(), BODY)).code == "expired_signature"
    assert one.verify(signed(nonce="another-nonce-01", expires=NOW + 90), BODY)


def test_of_many_threads_one_is_first() -> None:
    """The same header from all sides at once is good once."""
    one = verifier()
    headers = [signed(nonce=f"nonce-{i:012}") for i in range(50)]

    def admitted(header: str) -> int:
        try:
            return len(one.verify(header, BODY)) > 0
        except CallError as error:
            assert error.code == "replayed_signature"
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(admitted, headers * 8)) == len(headers)


def _in_child(one: Verifier, used: str, fresh: str, answers) -> None:
    said = []
    for header in (used, fresh):
        try:
            said.append(one.verify(header, BODY))
        except CallError as error:
            said.append(error.code)
    answers.send(said)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_fork_in_the_worst_moment() -> None:
    """A child remembers what its parent did, and a lock that was held when it was made does not stop it."""
    one = verifier()
    used, fresh = signed(), signed(nonce="another-nonce-00")
    one.verify(used, BODY)
    forking = multiprocessing.get_context("fork")
    ours, theirs = forking.Pipe()
    (lock,) = one._nonces._locks.values()
    with lock:
        child = forking.Process(target=_in_child, args=(one, used, fresh, theirs))
        child.start()
    assert ours.poll(20)
    assert ours.recv() == ["replayed_signature", ("phi", "pii")]
    child.join(20)


def test_keys_are_replaced_one_after_the_other() -> None:
    """While both are known both are good; a key that is gone is not."""
    old, new = signed(), sign("dlp-next", OTHER, ["pii"], BODY, expires=NOW + 60, nonce=NONCE)
    both = verifier()
    assert (both.verify(old, BODY), both.verify(new, BODY)) == (("phi", "pii"), ("pii",))
    after = Verifier({"dlp-next": OTHER}, clock=Clock())
    assert refusal(lambda: after.verify(old, BODY)).code == "bad_signature"
    assert after.verify(new, BODY) == ("pii",)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Verifier({}),
        lambda: Verifier({"dlp": KEY[:31]}),
        lambda: Verifier({"dlp": b""}),
        lambda: Verifier({"d;p": KEY}),
        lambda: Verifier({"": KEY}),
        lambda: Verifier({"dlp": KEY}, most_ahead_s=0),
        lambda: Verifier({"dlp": KEY}, remembered=0),
        lambda: sign("dlp", KEY[:31], [], BODY, expires=NOW, nonce=NONCE),
        lambda: sign("d p", KEY, [], BODY, expires=NOW, nonce=NONCE),
        lambda: sign("dlp", KEY, ["a,b"], BODY, expires=NOW, nonce=NONCE),
        lambda: sign("dlp", KEY, ["a; mac=b"], BODY, expires=NOW, nonce=NONCE),
        lambda: sign("dlp", KEY, [""], BODY, expires=NOW, nonce=NONCE),
        lambda: sign("dlp", KEY, [f"t{i}" for i in range(65)], BODY, expires=NOW, nonce=NONCE),
        lambda: sign("dlp", KEY, ["t" * 120 + str(i) for i in range(50)], BODY, expires=NOW, nonce=NONCE),
        lambda: sign("dlp", KEY, [], BODY, expires=0, nonce=NONCE),
        lambda: sign("dlp", KEY, [], BODY, expires=10**12, nonce=NONCE),
        lambda: sign("dlp", KEY, [], BODY, expires=NOW, nonce="short"),
        lambda: sign("dlp", KEY, [], BODY, expires=NOW, nonce="with a blank in it"),
    ],
)
def test_what_cannot_be_meant(make) -> None:
    """Weak keys, and what could not be verified, are refused where they are written."""
    with pytest.raises(UsageError):
        make()


def test_nothing_shows_a_key() -> None:
    """No repr has it."""
    assert KEY.hex() not in repr(verifier()) and repr(KEY) not in repr(verifier())


POLICY = """
apiVersion: policyroute/v1
kind: Policy
metadata: {name: upstream, version: 1}
tiers: [basic]
models:
  own: {provider: vllm, region: eu, tier: basic, price: {in: 1, out: 1}}
  far: {provider: other, region: us, tier: basic, price: {in: 1, out: 1}}
attributes: {tagger: {from: auth.tagger, trust: verified}}
tags: {pii: {only: {region: [eu]}}, phi: {only: nothing}}
pipeline:
  sensitivity: [{id: nobody-looked, when: {missing: [tagger]}, add: [pii]}]
  complexity: {ladder: [{id: all, when: {}, prefer: [basic]}]}
"""


@pytest.mark.parametrize(
    ("tags", "said", "eligible"),
    [(None, ("pii",), ["own"]), ((), (), ["own", "far"]), (("pii",), ("pii",), ["own"]), (("phi",), ("phi",), [])],
)
def test_what_verified_tags_mean(tags, said, eligible) -> None:
    """They add; a tagger that found nothing is asked for by name, and its absence is as good as what it could have found."""
    header = None if tags is None else signed(tags=tags)
    call = verifier().admit(Call.from_body(BODY), header, BODY)
    decision = loads(POLICY).decide(call)
    assert (decision.tags, [one.model for one in decision.ranking]) == (said, eligible)


def test_admitting_adds_and_takes_nothing() -> None:
    """What the caller asked for, what the app vouches for and everything else of the call stays; its type too."""
    call = Call.from_body(BODY, headers={"x-policyroute-tags": "pii, mine"}, attributes={"plan": "pro"})
    admitted = verifier().admit(call, [signed()], BODY)
    assert type(admitted) is type(call)
    assert admitted.asks.tags == ("pii", "mine", "phi")
    assert admitted.attributes == {"plan": "pro", "tagger": "dlp"}
    assert admitted._replace(asks=call.asks, attributes=call.attributes) == call
    assert call.attributes == {"plan": "pro"}


@pytest.mark.parametrize("header", [None, [], ()])
def test_an_absent_header_is_absent(header) -> None:
    """The call is as it was; whether that will do is for the policy to say."""
    call = Call.from_body(BODY)
    assert verifier().admit(call, header, BODY) is call


@pytest.mark.parametrize("header", ["", [""], ["x", "y"], [signed(), signed()], [signed(), ""]])
def test_a_header_that_is_there_has_to_hold(header) -> None:
    """An empty one is not absent, and of two none is believed."""
    assert refusal(lambda: verifier().admit(Call.from_body(BODY), header, BODY)).code == "bad_signature"


def test_a_tag_that_the_policy_does_not_know_is_refused() -> None:
    """As one of a caller is: it is never taken for no tag."""
    call = verifier().admit(Call.from_body(BODY), signed(tags=("ppi",)), BODY)
    with pytest.raises(CallError) as caught:
        loads(POLICY).decide(call)
    assert caught.value.code == "unknown_tag"
