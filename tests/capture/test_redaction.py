"""A key an upstream repeats, in whatever spelling, is gone before anything is written."""

import base64
import html
import json
import logging
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.capture.redaction import Cleaning, carried, cleaned, know, redacted

KEY = 'c4nary/+key"&=\\<ü>'
SPELLINGS = {
    "as it is": KEY,
    "json": json.dumps(KEY),
    "json, not escaped": json.dumps(KEY, ensure_ascii=False),
    "json in json": json.dumps(json.dumps(KEY)),
    "json of PHP": json.dumps(KEY).replace("/", "\\/"),
    "address": quote(KEY, safe=""),
    "address, slashes kept": quote(KEY),
    "form": quote_plus(KEY),
    "lower-case escapes": re.sub("%..", lambda found: found[0].lower(), quote(KEY, safe="")),
    "address, some signs": KEY.replace("%", "%25").replace("/", "%2F"),
    "address in address": quote(quote(KEY, safe=""), safe=""),
    "html": html.escape(KEY),
    "html by number": KEY.replace('"', "&#34;").replace("<", "&#x3c;"),
    "json of .NET": KEY.replace("+", "\\u002B").replace("\\<", "\\\\<"),
    "basic": base64.b64encode(f"me:{KEY}".encode()).decode(),
    "basic, no password": base64.b64encode(f"{KEY}:".encode()).decode(),
    "basic, longer user": base64.b64encode(f"user1:{KEY}".encode()).decode(),
    "url-safe base64": base64.urlsafe_b64encode(f"api:{KEY}".encode()).decode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_found_however_it_is_spelled(spelling):
    said = f'{{"you sent": {SPELLINGS[spelling]}, "price": 2.49}}'
    know([KEY])
    clean = cleaned(said)
    assert "REDACTED" in clean
    assert clean.startswith('{"you sent": ')
    assert clean.endswith(', "price": 2.49}')
    whole = SPELLINGS[spelling].strip('"')
    assert whole not in clean
    assert len(clean) < len(said)


def test_the_answer_stays_json():
    know([KEY])
    said = json.dumps({"error": f"bad key {KEY}", "price": 2.49})
    assert json.loads(cleaned(said)) == {"error": "bad key REDACTED", "price": 2.49}


@given(st.binary(max_size=300), st.integers(1, 40), st.integers(0, 300))
def test_pieces_are_cleaned_as_the_whole_is(noise, step, at):
    secret = "hunter2hunter2"
    body = noise[:at] + secret.encode() + noise[at:] + base64.b64encode(secret.encode())
    pieces = [body[i : i + step] for i in range(0, len(body), step)]
    cleaning = Cleaning(frozenset([secret]))
    found = b"".join(cleaning(pieces))
    assert cleaning.found
    assert found == cleaned(body, [secret])
    assert secret.encode() not in found


def test_a_body_without_secrets_is_passed_on_as_it_is():
    pieces = [b"a" * 100, b"b" * 100]
    assert [*Cleaning(frozenset())(pieces)] == pieces
    cleaning = Cleaning(frozenset(["hunter2hunter2"]))
    assert b"".join(cleaning(pieces)) == b"".join(pieces)
    assert not cleaning.found


def test_a_request_carries_what_its_names_say_and_what_is_known():
    basic = base64.b64encode(b"somebody:swordfish99").decode()
    headers = {"authorization": f"Basic {basic}", "x-api-key": "k" * 9, "accept": "text/html"}
    know(["path-secret-1", "elsewhere-secret"])
    found = carried("https://x.org/path-secret-1/a?apiToken=abcdefgh1&page=12345678", headers)
    assert found == {basic, "somebody", "swordfish99", "k" * 9, "abcdefgh1", "path-secret-1"}
    assert carried("https://x.org", {}, b'{"token": "elsewhere-secret"}') == {"elsewhere-secret"}


def test_a_known_secret_is_no_part_of_an_address():
    know([KEY])
    assert redacted(f"https://x.org/{quote(KEY, safe='')}/p?a=1") == "https://x.org/REDACTED/p?a=1"


def test_short_words_are_ordinary_text():
    know(["Bearer", "abc", None, ""])
    assert cleaned("Bearer abc") == "Bearer abc"


def test_logs_are_cleaned_whoever_writes_them(caplog):
    know([KEY])
    logger = logging.getLogger("urllib3.connectionpool")
    with caplog.at_level("DEBUG"):
        logger.debug('"GET %s HTTP/1.1" %s', f"/p?key={quote(KEY)}", 200)
        logger.info("no secret %s", 1)
        try:
            raise ValueError(f"bad header {KEY!r}")
        except ValueError:
            logger.exception("failed")
    assert "c4nary" not in caplog.text
    assert '"GET /p?key=REDACTED HTTP/1.1" 200' in caplog.text
    assert "no secret 1" in caplog.text
    assert "ValueError: bad header 'REDACTED'" in caplog.text
