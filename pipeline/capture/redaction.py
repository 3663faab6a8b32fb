"""Keeps keys out of all that is written: bodies, sidecars, error texts, logs, Dagster's events.

A secret is what a source declares (`Source.secrets`) or what a request carries under a name of
secrets. An upstream can repeat only what it was sent, so a body is cleaned of what its request
carried, before anything of it is written; texts are cleaned of every secret known to the process.
"""

import base64
import logging
import re
import threading
import traceback
from binascii import Error as NotBase64
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote, unquote_plus, urlsplit, urlunsplit

Text = TypeVar("Text", str, bytes)

REDACTED = "REDACTED"
SHORTEST = 8  # shorter words, such as Bearer, are part of ordinary text

NAMES = frozenset(
    {"key", "secret", "auth", "authorization", "pass", "passwd", "passphrase", "pwd", "bearer"}
    | {"sig", "sas", "jwt", "hmac", "cookie", "sessionid"}
)
ENDINGS = (
    *("apikey", "accesskey", "secretkey", "privatekey", "subscriptionkey", "appkey", "authkey"),
    *("licensekey", "userkey", "sharedkey", "keyid", "secret", "password", "authorization"),
    *("credential", "credentials", "signature", "sas", "token"),
)
PAGING = re.compile(r"page|next|continu|cursor|start|sync|skip|resum|previous|offset")

LONGEST_SIGN = 24  # four bytes, each as %25FF
NAMED = {"&": b"amp", "<": b"lt", ">": b"gt", '"': b"quot", "'": b"apos"}

_KNOWN: set[str] = set()
_LOCK = threading.Lock()


def is_secret(name: str) -> bool:
    """Whether a parameter or header of this name holds a secret, however it is spelled."""
    plain = re.sub(r"[^a-z0-9]", "", unquote_plus(name).lower())
    if plain.endswith("token") and PAGING.search(plain):
        return False
    return plain.removeprefix("x") in NAMES or plain in NAMES or plain.endswith(ENDINGS)


def know(secrets: Iterable[str | None]) -> None:
    """From now on texts and log lines of this process are cleaned of these."""
    with _LOCK:
        for each in secrets:
            _KNOWN.update(form for form in {each or "", (each or "").strip()} if _counts(form))
        if _KNOWN:
            _guard_logs()


def carried(
    url: str, headers: Mapping[str, str], body: bytes | str | None = None
) -> frozenset[str]:
    """The secrets of one request: those under a name of secrets, and known ones anywhere in it."""
    parts = urlsplit(url)
    found = {value for name, value in parse_qsl(parts.query) if is_secret(name)}
    found |= {unquote(each) for each in (parts.username, parts.password) if each}
    for name, value in headers.items():
        if is_secret(name):
            words = value.split()
            found |= {*words, *(part for word in words for part in _user_and_password(word))}
    said = body if isinstance(body, bytes) else (body or "").encode()
    said += "\n".join([url, *headers.values()]).encode(errors="replace")
    with _LOCK:
        known = [*_KNOWN]
    found |= {each for each in known if _has(said, frozenset([each]))}
    return frozenset(each for each in found if _counts(each))


def cleaned(text: Text, secrets: Iterable[str] | None = None) -> Text:
    """The text with each secret, however it is written there, replaced by REDACTED.

    Args:
        text: What is to be written or shown.
        secrets: Those to look for; None for all that are known.
    """
    if secrets is None:
        with _LOCK:
            secrets = frozenset(_KNOWN)
    if not (sought := frozenset(secrets)):
        return text
    if isinstance(text, bytes):
        return _cleaned(text, sought)
    plain = text.encode(errors="surrogatepass")
    clean = _cleaned(plain, sought)
    return text if clean is plain else clean.decode(errors="surrogatepass")


class Cleaning:
    """As `cleaned`, for a body that comes in pieces; a secret may lie across their edges.

    Attributes:
        found: Whether there was one so far.
    """

    def __init__(self, secrets: frozenset[str]) -> None:
        self.found = False
        self._secrets = secrets
        self._longest = max((a.longest for each in secrets for a in _spellings(each)), default=0)

    def __call__(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        if not self._secrets:
            yield from pieces
            return
        held = b""
        for piece in pieces:
            held += piece
            sure = len(held) - self._longest + 1  # what begins before it ends within what is held
            if sure > 0:
                clean, held = self._until(held, sure)
                yield clean
        clean, _ = self._until(held, len(held))
        yield clean

    def _until(self, held: bytes, sure: int) -> tuple[bytes, bytes]:
        """The clean beginning of what is held, at least as far as is sure, and the rest."""
        if not _has(held, self._secrets):
            return held[:sure], held[sure:]
        clean, at = [], 0
        for match in _pattern(self._secrets).finditer(held):
            if match.start() >= sure:
                break
            clean += [held[at : match.start()], REDACTED.encode()]
            at, self.found = match.end(), True
        sure = max(at, sure)
        return b"".join([*clean, held[at:sure]]), held[sure:]


def redacted(url: str) -> str:
    """The address without user, fragment, the values of secret parameters and known secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(unreadable address)"
    pairs = [pair.partition("=") for pair in parts.query.split("&")]
    query = "&".join(f"{k}={REDACTED}" if is_secret(k) else f"{k}{eq}{v}" for k, eq, v in pairs)
    host = parts.netloc.rpartition("@")[2]
    return cleaned(urlunsplit((parts.scheme, host, parts.path, query, "")))


def _counts(secret: str) -> bool:
    return len(secret) >= SHORTEST


def _user_and_password(word: str) -> list[str]:
    """Of basic authentication, which is base64."""
    try:
        plain = base64.b64decode(word, validate=True).decode()
    except (NotBase64, ValueError):
        return []
    return plain.split(":", 1) if ":" in plain else []


class _Spelling(NamedTuple):
    """One way a secret may stand in an answer.

    Attributes:
        core: Its longest run of letters and digits, which nobody escapes.
        pattern: The whole of it, as a regular expression.
        longest: Bytes it takes at most.
    """

    core: bytes
    pattern: bytes
    longest: int


@lru_cache(maxsize=256)
def _spellings(secret: str) -> tuple[_Spelling, ...]:
    """As text, each sign escaped or not as in addresses, JSON and HTML; and inside base64."""
    found = [_spelling(secret, {})]
    for before in range(3):  # of base64, the characters that are the same whatever stands around it
        size = before + len(secret.encode())
        packed = base64.b64encode(bytes(before) + secret.encode()).decode()
        found.append(_spelling(packed[-(-before * 8 // 6) : size * 8 // 6], {"+": "-", "/": "_"}))
    return tuple(found)


def _spelling(text: str, other: Mapping[str, str]) -> _Spelling:
    signs = [_sign(each, other.get(each, each)) for each in text]
    longest = sum(1 if each.isascii() and each.isalnum() else LONGEST_SIGN for each in text)
    core = max(re.findall(r"[A-Za-z0-9]*", text), key=len)
    return _Spelling(core.encode(), b"".join(signs), longest)


def _sign(sign: str, other: str) -> bytes:
    """Pattern of one character: itself, or escaped, once or twice."""
    if sign.isascii() and sign.isalnum():
        return sign.encode()
    code = f"{ord(sign):x}".encode()
    ways = [re.escape(each.encode()) for each in (sign, other)]
    ways += [re.escape(sign.encode("latin-1", errors="ignore") or sign.encode())]
    ways += [rb"(?i:" + b"".join(b"%%(?:25)?%02x" % byte for byte in sign.encode()) + rb")"]
    ways += [rb"\\{1,4}" + ways[0], rb"(?i:\\{1,2}u0{0,3}" + code + rb")"]
    ways += [rb"(?i:&(?:amp;)?#(?:x0{0,4}" + code + rb"|0{0,4}%d);)" % ord(sign)]
    if name := NAMED.get(sign):
        ways.append(rb"&(?:amp;)?" + name + rb";")
    if sign == " ":
        ways.append(rb"\+")
    return b"(?:" + b"|".join(ways) + b")"


@lru_cache(maxsize=256)
def _pattern(secrets: frozenset[str]) -> re.Pattern[bytes]:
    patterns = {each.pattern for secret in secrets for each in _spellings(secret)}
    longest_first = sorted(patterns, key=lambda each: len(each), reverse=True)
    return re.compile(b"|".join(longest_first))


def _cleaned(text: bytes, secrets: frozenset[str]) -> bytes:
    if not _has(text, secrets):
        return text
    return _pattern(secrets).sub(REDACTED.encode(), text)


def _has(text: bytes, secrets: frozenset[str]) -> bool:
    """Asked before the pattern is: many times faster, and nearly always false."""
    return any(a.core in text for each in secrets for a in _spellings(each)) and (
        _pattern(secrets).search(text) is not None
    )


def _guard_logs() -> None:
    """Clean every line of every logger: urllib3, for one, logs addresses with their queries."""
    make = logging.getLogRecordFactory()
    if getattr(make, "cleans", False):
        return

    def guarded(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        try:
            said = record.getMessage()
        except (TypeError, ValueError):  # logging complains of it by itself
            return record
        if (clean := cleaned(said)) != said:
            record.msg, record.args = clean, ()
        if record.exc_info and record.exc_info[0] is not None:
            told = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            if (clean := cleaned(told)) != told:
                record.exc_info, record.exc_text = None, clean
        return record

    guarded.cleans = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(guarded)
