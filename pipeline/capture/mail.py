"""Alerts out by e-mail, through whatever server `GCW_ALERT_SMTP` names.

`smtps://user:password@host` (port 465) speaks TLS from the first byte; `smtp://` (port 587) has to
offer STARTTLS, but on this machine, where a relay may listen. A sign that has a meaning in
addresses is written %40 in user and password.
"""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from pipeline.capture import redaction
from pipeline.capture.limits import is_loopback

__all__ = ["NotSentError", "send"]

SECONDS = 30.0


class NotSentError(Exception):
    """The server did not take the mail; says why without its address or the password."""


def send(server: str, to: Sequence[str], text: str) -> None:
    """Send one mail about new alerts.

    Args:
        server: Address of the mail server, as the module says; a secret.
        to: Who gets it; the first is the sender too, where the user is no address.
        text: What happened, one alert a line.

    Raises:
        NotSentError: not to be reached, no TLS, a refusal, or an address that cannot be read.
    """
    try:
        parts = urlsplit(server)
        host, port = parts.hostname or "", parts.port
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if parts.scheme not in ("smtp", "smtps") or not host:
            raise ValueError("no address of a mail server")
        redaction.know([password] if password else [])
        mail = EmailMessage()
        mail["From"] = user if "@" in user else to[0]
        mail["To"] = ", ".join(to)
        mail["Subject"] = f"GPU Credit Warehouse: {text.count(chr(10)) + 1} new alerts"
        mail.set_content(text)
        context = ssl.create_default_context()
        connected = (
            smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS, context=context)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, port or 587, timeout=SECONDS)
        )
        with connected as connection:
            if parts.scheme == "smtp" and not is_loopback(host):
                connection.starttls(context=context)
            if user:
                connection.login(user, password)
            connection.send_message(mail)
    except (OSError, ValueError, IndexError, smtplib.SMTPException) as error:
        raise NotSentError(type(error).__name__) from None
