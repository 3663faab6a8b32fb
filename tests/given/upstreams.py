"""Seven upstreams on this machine, as they answer over a month: new, unchanged, restated, missing,
late and faulty.

A proxy on loopback speaks for their hosts, so what asks them is the product as it is: it takes
proxy and certificate from the environment. Bodies are the recorded ones of `tests/fixtures`, prices
moved by rule; the SEC's lists are recorded ones where the shared data is at hand.
"""

import contextlib
import gzip
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.given.schedules import archive, nscale, other

HERE = Path(__file__).resolve().parents[1]
FIXTURES = HERE / "fixtures"
LISTS = HERE.parents[1] / "shared" / "data" / "sec" / "submissions"
HOSTS = (
    "api.runpod.io", "console.vast.ai", "api.hyperbolic.ai", "cloud.lambdalabs.com",
    "data.sec.gov", "www.sec.gov", "api.frankfurter.dev",
)  # fmt: skip
ASKED = ("runpod", "vast", "hyperbolic", "lambda_cloud", "sec_submissions", "sec_bdc", "ecb_rates")
KEYS = {"LAMBDA_API_KEY": "secret_of_a_month", "SEC_CONTACT": "month@example.org"}
GONE = "0001144879"  # one company of the universe whose list is not there
MOVED = {"H100": 9, "A100": 13, "MI300X": 17}
SECONDS_LATE = 1.5
# Groups Vast is asked for of which nothing is recorded: memory in MiB and a price, both made up.
ALSO = {
    "RTX A6000": (49_140, 0.45), "L40S": (46_068, 0.8), "RTX 4090": (24_564, 0.35),
    "B200": (183_359, 3.9), "RTX PRO 6000 S": (97_887, 1.1), "MI300X": (196_288, 1.9),
}  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """What a host answers; `kind` is one of the month's words for it."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "answer"
    seconds_late: float = 0.0
    breaks_off: bool = False


NOT_THERE = Reply(b"<Error><Code>NoSuchKey</Code></Error>", 404, kind="not there")
BUSY = Reply(b"busy", 503, kind="busy")
PAGE = Reply(b"<!doctype html><html>We will be back soon</html>", kind="page")
WAIT = Reply(b"slow down", 429, {"retry-after": "3600"}, "told to wait")


def load(name: str) -> Any:
    return json.loads((FIXTURES / name).read_bytes())


def dumped(value: object, kind: str = "answer") -> Reply:
    return Reply(json.dumps(value).encode(), kind=kind)


def factor(name: str, step: int) -> float:
    """What a price is multiplied with: it moves every few steps and stands in between."""
    for word, every in MOVED.items():
        if word in name:
            return 1 - 0.004 * (step // every)
    return 1.0


def runpod(step: int, body: bytes) -> Reply:
    del body
    answer = load("runpod/gpu_types.json")
    types = answer["data"]["gpuTypes"]
    for each in types:
        for price in ("securePrice", "communityPrice"):
            each[price] = round(each[price] * factor(each["id"], step), 2)
    if step % 23 == 6:  # a type that is gone comes back
        types[:] = [each for each in types if "A100" not in each["id"]]
        return dumped(answer, "missing")
    if step % 31 == 7:
        return PAGE
    if step % 29 == 8:
        return replace(dumped(answer), breaks_off=True, kind="breaks off")
    if step % 37 == 9:
        return dumped({"errors": [{"message": "internal"}], "data": None}, "faulty")
    return dumped(answer)


def vast(step: int, body: bytes) -> Reply:
    names = json.loads(body)["gpu_name"]["in"]
    every = load("vast/offers.json")["offers"]
    offers = [each for each in every if each["gpu_name"] in names]
    if names[0] in ALSO:
        memory, price = ALSO[names[0]]
        number: dict[str, Any] = {
            "ask_contract_id": memory,
            "machine_id": memory,
            "gpu_ram": memory,
        }
        offers = [every[1] | number | {"gpu_name": names[0], "dph_total": price}]
    if step % 13 == 4 and "MI300X" in names:
        return dumped({"offers": []}, "missing")
    for n, each in enumerate(offers):
        each["public_ipaddr"] = "198.51.100.7"
        for cell in ("dph_total", "dph_base", "min_bid"):
            each[cell] *= factor(each["gpu_name"], step + n)
    if step % 5 == 3 and len(offers) > 2:  # one is rented, and one of another number is there
        offers[0] |= {"ask_contract_id": 40_000_000 + step, "machine_id": 90_000 + step}
    if step % 19 == 5 and "H100 SXM" in names:
        return WAIT
    if step % 27 == 10 and "H100 SXM" in names:
        return dumped({"offers": (offers * 64)[:64]}, "faulty")
    return dumped({"offers": offers})


def hyperbolic(step: int, body: bytes) -> Reply:
    del body
    answer = load("hyperbolic/catalog.json")
    for each in answer["vms"]:
        each["Price"] = round(each["Price"] * factor(each["AcceleratorName"], step), 4)
    if step % 11 == 4:
        return replace(dumped(answer), seconds_late=SECONDS_LATE, kind="late")
    if step % 17 == 8:
        return dumped({"vms": []}, "missing")
    return dumped(answer)


def lambda_cloud(step: int, body: bytes) -> Reply:
    del body
    answer = load("lambda_cloud/instance_types.json")
    for name, each in answer["data"].items():
        kind = each["instance_type"]
        kind["price_cents_per_hour"] = int(
            kind["price_cents_per_hour"] * factor(name.upper(), step)
        )
    if 24 <= step % 60 < 27:
        return Reply(b'{"error": {"code": "global/invalid-api-key"}}', 401, kind="key refused")
    if step % 33 == 11:  # dollars where cents were
        for each in answer["data"].values():
            each["instance_type"]["price_cents_per_hour"] /= 100
        return dumped(answer, "faulty")
    return dumped(answer)


def filings(step: int, moment: datetime, path: str) -> Reply:
    cik = path.partition("CIK")[2][:10]
    known = sorted(LISTS.glob(f"CIK{cik}_*.json.gz"))
    if known:
        answer = json.loads(gzip.decompress(known[-1].read_bytes()))
        answer["filings"]["files"] = []
    elif cik == GONE:
        return NOT_THERE
    else:
        answer = {"cik": cik, "filings": {"recent": listed(cik, 10), "files": []}}
    recent = answer["filings"]["recent"]
    days = (moment - timedelta(days=1)).date()
    for back in range(3):  # what was filed these days stands on top
        day = days - timedelta(days=back)
        new = listed(cik, 1, day.isoformat(), day.toordinal())
        for name, cells in recent.items():
            cells.insert(back, new[name][0] if name in new else type(cells[0])())
    if step % 4 == 2:  # an accession is listed under another form
        recent["form"][5] = "8-K/A"
        return dumped(answer, "restated")
    return dumped(answer)


def listed(cik: str, count: int, day: str = "2026-11-02", number: int = 0) -> dict[str, list[Any]]:
    """The arrays of a list of filings."""
    return {
        "accessionNumber": [f"{cik}-26-{number + n:06d}" for n in range(count)],
        "form": ["8-K"] * count,
        "items": ["8.01"] * count,
        "filingDate": [day] * count,
        "reportDate": [day] * count,
        "acceptanceDateTime": [f"{day}T21:05:00.000Z"] * count,
        "primaryDocument": ["form8-k.htm"] * count,
        "isXBRL": [0] * count,
    }


def holdings(moment: datetime, path: str) -> Reply:
    """A business development company's loans by month; an archive is replaced in its month."""
    last = moment.replace(day=1) - timedelta(days=1)
    periods = [last, last.replace(day=1) - timedelta(days=1)]
    names = {f"/files/{each:%Y_%m}_bdc.zip": each for each in periods}
    if path not in names:
        links = "".join(f'<a href="{name}">{name}</a>' for name in names)
        return Reply(f"<html>{links}</html>".encode())
    again = moment.day >= 15 and names[path] is last
    loans = [nscale(fair=1_020_000 if again else 1_056_000), other()]
    body = archive(*loans).getvalue()
    tag = f'"{names[path]:%Y%m}-{again}"'
    return Reply(body, headers={"etag": tag}, kind="restated" if again else "answer")


def rates(moment: datetime) -> Reply:
    answer = load("ecb_rates/latest.json")
    answer["date"] = (moment - timedelta(days=1)).date().isoformat()
    return dumped(answer)


class Upstreams:
    """All hosts behind one door.

    Attributes:
        step: Which look of the month it is.
        moment: The time of it.
        met: How often each kind of answer was given, by host.
    """

    def __init__(self) -> None:
        self.step, self.moment = 0, datetime.now(UTC)
        self.met: Counter[tuple[str, str]] = Counter()
        self._asked: Counter[tuple[int, str, str]] = Counter()
        self._lock = threading.Lock()

    def reply(self, host: str, path: str, headers: Any, body: bytes) -> Reply:
        """The answer of a host now; a third of the looks begin with one that is busy."""
        with self._lock:
            key = (self.step, host, f"{path} {body!r}")
            self._asked[key] += 1
            first = self._asked[key] == 1
        if first and self.step % 3 == 1 and host == "api.runpod.io":
            made = BUSY
        else:
            made = self._made(host, path.partition("?")[0], body)
        tag = made.headers.get("etag")
        if tag and headers.get("if-none-match") == tag:
            made = Reply(status=304, headers=made.headers, kind="unchanged")
        with self._lock:
            self.met[host, made.kind] += 1
        return made

    def _made(self, host: str, path: str, body: bytes) -> Reply:
        prices: dict[str, Callable[[int, bytes], Reply]] = {
            "api.runpod.io": runpod,
            "console.vast.ai": vast,
            "api.hyperbolic.ai": hyperbolic,
            "cloud.lambdalabs.com": lambda_cloud,
        }
        if host in prices:
            return prices[host](self.step, body)
        if host == "data.sec.gov":
            return filings(self.step, self.moment, path)
        if host == "www.sec.gov":
            return holdings(self.moment, path)
        return rates(self.moment)


@contextlib.contextmanager
def serving(upstreams: Upstreams, folder: Path) -> Iterator[dict[str, str]]:
    """The proxy, running; what the environment has to say for it to be asked."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    openssl = shutil.which("openssl")
    assert openssl is not None, "openssl makes the certificate of a day"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "400",
         "-subj", "/CN=a month", "-addext", "keyUsage=digitalSignature,keyCertSign",
         "-addext", "subjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Inside(BaseHTTPRequestHandler):
        """A request behind the door; `server.host` was knocked for."""

        host = ""

        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            reply = upstreams.reply(self.host, self.path, self.headers, body)
            time.sleep(reply.seconds_late)
            self.send_response_only(reply.status)
            self.send_header("date", format_datetime(upstreams.moment, usegmt=True))
            length = len(reply.body) + (1_000 if reply.breaks_off else 0)
            for name, value in {"content-length": str(length), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

    class Door(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_CONNECT(self) -> None:
            host = self.path.rpartition(":")[0]
            if host not in HOSTS:
                self.send_error(502)
                return
            self.send_response_only(200)
            self.end_headers()
            self.close_connection = True
            with contextlib.suppress(OSError):
                inside = context.wrap_socket(self.connection, server_side=True)
                with inside:
                    type("Of", (Inside,), {"host": host})(inside, self.client_address, self.server)

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        door = f"http://127.0.0.1:{server.server_port}"
        try:
            yield {"HTTPS_PROXY": door, "https_proxy": door, "REQUESTS_CA_BUNDLE": str(certificate)}
        finally:
            server.shutdown()
            thread.join()
