"""Keeps keys out of error messages, logs and the raw store's sidecars."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus, urlsplit, urlunsplit

SECRET_NAMES = frozenset(
    {"key", "api_key", "apikey", "access_key", "secret_key", "subscription_key"}
    | {"token", "access_token", "api_token", "auth_token", "x_amz_security_token"}
    | {"secret", "client_secret", "password", "auth", "x_amz_credential", "x_goog_credential"}
    | {"sig", "signature", "x_amz_signature", "x_goog_signature"}
)


def redacted(url: str) -> str:
    """The address without user, fragment and the values of secret parameters."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(unreadable address)"
    pairs = [pair.partition("=") for pair in parts.query.split("&")]
    query = "&".join(f"{k}=REDACTED" if _is_secret(k) else f"{k}{eq}{v}" for k, eq, v in pairs)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def without_secrets(answer: bytes, url: str, headers: Mapping[str, str]) -> bytes:
    """The answer without the secrets it was asked with: some upstreams repeat a key they refuse.

    Args:
        answer: What the upstream said.
        url: The address with its secrets.
        headers: Those of the request that may hold a secret.
    """
    sent = [value for name, value in parse_qsl(urlsplit(url).query) if _is_secret(name)]
    sent += [word for value in headers.values() for word in value.split()]
    for secret in sent:
        if len(secret) >= 8:  # shorter words, such as Bearer, are part of ordinary text
            answer = answer.replace(secret.encode(), b"REDACTED")
    return answer


def _is_secret(name: str) -> bool:
    return unquote_plus(name).strip().lower().replace("-", "_") in SECRET_NAMES
