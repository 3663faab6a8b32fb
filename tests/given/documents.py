"""Small instances and inline documents for tests; every number in them is made up."""

SPACES = (
    ' xmlns:us-gaap="http://fasb.org/us-gaap/2024" xmlns:srt="http://fasb.org/srt/2024"'
    ' xmlns:dei="http://xbrl.sec.gov/dei/2024" xmlns:acme="http://www.acme.com/20241231"'
    ' xmlns:iso4217="http://www.xbrl.org/2003/iso4217" xmlns:utr="http://www.xbrl.org/2009/utr"'
    ' xmlns:xbrldi="http://xbrl.org/2006/xbrldi"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
INSTANCE = 'xmlns="http://www.xbrl.org/2003/instance"'


def context(name: str, period: str = "<instant>2024-12-31</instant>", members: str = "") -> str:
    segment = f"<segment>{members}</segment>" if members else ""
    return (
        f'<context {INSTANCE} id="{name}"><entity>'
        f'<identifier scheme="http://www.sec.gov/CIK">42</identifier>{segment}</entity>'
        f"<period>{period}</period></context>"
    )


def unit(name: str, measures: str = "<measure>iso4217:USD</measure>") -> str:
    return f'<unit {INSTANCE} id="{name}">{measures}</unit>'


def figure(
    text: str,
    *,
    name: str = "us-gaap:Debt",
    at: str = "c",
    of: str = "u",
    form: str = "",
    scale: str = "0",
    decimals: str = "-6",
    sign: str = "",
    extra: str = "",
) -> str:
    """One ix:nonFraction."""
    cells = {"format": form, "scale": scale, "decimals": decimals, "sign": sign}
    shown = "".join(f' {key}="{value}"' for key, value in cells.items() if value)
    return (
        f'<ix:nonFraction name="{name}" contextRef="{at}" unitRef="{of}"{shown}{extra}>{text}'
        "</ix:nonFraction>"
    )


def inline(tagged: str, *, contexts: str = "", units: str = "", spaces: str = "") -> bytes:
    """An inline document: contexts and units as in ix:resources, then the text."""
    return (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"'
        f' xmlns:ix="http://www.xbrl.org/2013/inlineXBRL"{SPACES}{spaces}><body><ix:resources>'
        f"{contexts or context('c')}{units or unit('u')}</ix:resources><p>{tagged}</p>"
        "</body></html>"
    ).encode()


def extracted(facts: str, *, contexts: str = "", units: str = "") -> bytes:
    """An extracted instance."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?><xbrl {INSTANCE}{SPACES}>'
        f"{contexts or context('c')}{units or unit('u')}{facts}</xbrl>"
    ).encode()
