"""Alerts by e-mail: sent once, and a failure that names no secret."""

import socket
import threading
from collections.abc import Iterator

import pytest

from pipeline.runs.alerts import passed_on

TOLD = [("vast", "nothing landed since Monday"), ("build 1234abcd", "the run failed")]
SAYS = {b"EHLO": b"250-here\r\n250 AUTH PLAIN", b"DATA": b"354 go on", b"QUIT": b"221 bye"}


@pytest.fixture
def relay() -> Iterator[tuple[int, list[bytes]]]:
    """A mail server of one connection: its port, and the lines it was told."""
    heard: list[bytes] = []

    def serve() -> None:
        client, _ = server.accept()
        with client, client.makefile("rb") as lines:
            client.sendall(b"220 here\r\n")
            is_text = False
            for line in lines:
                heard.append(line.rstrip(b"\r\n"))
                if is_text and heard[-1] != b".":
                    continue
                is_text = line.upper().startswith(b"DATA")
                said = b"235 welcome" if line.startswith(b"AUTH") else b"250 fine"
                client.sendall(SAYS.get(line[:4].upper(), said) + b"\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        thread.join(5)


def test_new_alerts_are_one_mail_to_everybody_named(relay):
    port, heard = relay
    server = f"smtp://desk%40example.org:a_long_password@127.0.0.1:{port}"
    env = {"GCW_ALERT_SMTP": server, "GCW_ALERT_MAIL": "a@example.org, b@example.org"}
    assert passed_on(TOLD, env) == []
    assert [each for each in heard if each.startswith(b"rcpt")] == [
        b"rcpt TO:<a@example.org>", b"rcpt TO:<b@example.org>"
    ]  # fmt: skip
    assert b"From: desk@example.org" in heard
    assert b"Subject: GPU Credit Warehouse: 2 new alerts" in heard
    assert b"vast: nothing landed since Monday" in heard
    assert b"build 1234abcd: the run failed" in heard


@pytest.mark.parametrize(
    "server",
    [
        "smtp://user:a_long_password@127.0.0.1:1",
        "smtps://user:a_long_password@127.0.0.1:1",
        "https://user:a_long_password@mail",
        "smtp://user:a_long_password@[mail",
        "",
    ],
)
def test_a_mail_that_could_not_be_sent_is_said_without_the_secret(server):
    [said] = passed_on(TOLD, {"GCW_ALERT_SMTP": server, "GCW_ALERT_MAIL": "a@example.org"})
    assert said.startswith("2 alerts could not be mailed: ")
    assert "password" not in said
    assert "127.0.0.1" not in said


def test_nothing_new_mails_nobody():
    env = {"GCW_ALERT_SMTP": "smtp://127.0.0.1:1", "GCW_ALERT_MAIL": "a@example.org"}
    assert passed_on([], env) == []
    assert passed_on(TOLD, {}) == []
