"""Which file a URL means."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from policyroute.errors import UsageError

_MEANT = "a journal is sqlite:///FILE, or sqlite:////FOLDER/FILE from the root on"


def path_of(url: str | os.PathLike[str]) -> str:
    """The file of a URL, or of a path. `sqlite:///a.db` is in the working directory, `sqlite:////var/lib/a.db` is not."""
    if not isinstance(url, str) or ":" not in url or os.path.isabs(url):
        if not os.fspath(url):
            raise UsageError(_MEANT)
        return os.path.abspath(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UsageError(_MEANT) from None
    path = unquote(parts.path[1:])
    if parts.scheme in ("postgresql", "postgres"):
        raise UsageError(f"no journal is kept in PostgreSQL: {_MEANT}")
    if parts.scheme != "sqlite" or parts.netloc or parts.query or parts.fragment or not path:
        raise UsageError(_MEANT)  # the URL may hold a password, so it is not said
    return os.path.abspath(path)
