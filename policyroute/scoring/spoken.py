"""What a person said: the text without what tools wrap into it, and the parts of it where people say what they want."""

from __future__ import annotations

EDGE_CHARS = 400
_WRAPPERS = tuple(
    (f"<{name}>", f"</{name}>") for name in ("system-reminder", "system_reminder", "environment_details", "environment_context")
)


def spoken(text: str) -> str:
    """The text less every whole wrapper block and the white space around it; the same object where there is neither.

    Linear in the text, whatever is opened and never closed.
    """
    if "<" in text:
        for opening, closing in _WRAPPERS:
            if opening in text:
                text = _without(text, opening, closing)
    return text.strip()


def edges(text: str) -> str:
    """The beginning and the end of a long text, where an order stands when the middle is pasted; a short text itself."""
    if len(text) <= 2 * EDGE_CHARS:
        return text
    return f"{text[:EDGE_CHARS]}\n{text[-EDGE_CHARS:]}"


def _without(text: str, opening: str, closing: str) -> str:
    kept = []
    at = 0
    while (start := text.find(opening, at)) >= 0:
        end = text.find(closing, start)
        if end < 0:
            break
        kept.append(text[at:start])
        at = end + len(closing)
    kept.append(text[at:])
    return "".join(kept)
