"""What the text of a tagged figure says: a number, or a duration.

Transformations are known by the local name of `format`, which stays the same when the registry's
version in the namespace changes; the names of registry 1 (numdotdecimal) are those of registry 5
(num-dot-decimal) without hyphens. Source: Inline XBRL Transformation Registries 1-5 (xbrl.org) and
the SEC's own registry (ixt-sec).
"""

import re
from decimal import Decimal
from fractions import Fraction

MAX_CHARACTERS = 200
LARGEST = Decimal(10**18)
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?")
WITH_POINT = re.compile(r"\d+\.?\d*|\.\d+")
SCALE = re.compile(r"[+-]?\d{1,2}")
ISO = re.compile(r"(-?)P(?=\d)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})D)?")
SPACES = re.compile(r"[\s\u00a0\u2009\u202f']+")
ZEROS = ("fixedzero", "zerodash", "numdash", "nocontent")
POINT = ("numdotdecimal", "numcommadot", "numspacedot", "numdotdecimalin")
COMMA = ("numcommadecimal", "numdotcomma", "numspacecomma")
ONES = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
WORDS = {word: n for n, word in enumerate(ONES, 1)}
WORDS |= {word: 10 * n for n, word in enumerate(TENS, 2)}
NOTHING = ("zero", "no", "none", "nil")
GROUPS = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
# A month is a twelfth of a year and a day of a broken year a 360th, as the SEC's transformation
# has it: 13.3 years becomes P13Y3M18D.
YEARS = {"year": Fraction(1), "month": Fraction(1, 12)}
DAYS = {"week": 7, "day": 1}
LENGTHS = ("duryear", "durmonth", "durweek", "durday", "durwordsen")


class Unreadable(ValueError):
    """Text that is not what its tag says; the message is the reason a row is set aside."""


def number(text: str, form: str = "", scale: str = "", sign: str = "") -> Decimal:
    """The figure a numeric tag shows, exactly: floats would make 34.12 billion one cent less.

    Args:
        text: What is printed, or the content of a fact in an extracted instance.
        form: `format` with or without prefix; empty for a plain decimal.
        scale: Power of ten the text is multiplied by; empty for none.
        sign: `-` where the text shows the figure without its minus.

    Raises:
        Unreadable: text, scale or sign that mean no number, or one too large.
    """
    if sign not in ("", "-") or (scale and not SCALE.fullmatch(scale)):
        raise Unreadable("unknown_scale_or_sign")
    value = _shown(text, local(form))
    if value and value.adjusted() + int(scale or 0) > LARGEST.adjusted():
        raise Unreadable("out_of_range")
    value = value.scaleb(int(scale or 0))
    return -value if sign and value else value


def duration(text: str, form: str = "") -> tuple[Fraction, str]:
    """A length of time, as (6, years) or (364, days); broken years and months are years.

    Raises:
        Unreadable: text that means no length of time.
    """
    kind, text = local(form), _short(text)
    if found := ISO.fullmatch(text):
        minus, years, months, days = found.groups()
        return _length(
            *((-1 if minus else 1) * Fraction(n) if n else None for n in (years, months, days))
        )
    if kind == "durwordsen":
        return _length_in_words(text)
    if kind not in LENGTHS:
        raise Unreadable("not_a_duration")
    amount = Fraction(_digits(text.replace(",", "")))
    unit = kind.removeprefix("dur")
    if unit in YEARS:
        return amount * YEARS[unit], "years"
    return amount * DAYS[unit], "days"


def is_duration(text: str) -> bool:
    """Whether a plain text is an ISO 8601 length of time, such as P6Y."""
    return ISO.fullmatch(text) is not None


def local(form: str) -> str:
    """Name of a transformation in one spelling: ixt:num-dot-decimal is numdotdecimal."""
    return form.rpartition(":")[2].replace("-", "").lower()


def _shown(text: str, form: str) -> Decimal:
    if form in ZEROS:
        return Decimal(0)
    text = _short(text)
    if not form:
        if not PLAIN.fullmatch(text):
            raise Unreadable("not_a_number")
        return Decimal(text)
    if form in POINT:
        return _digits(SPACES.sub("", text).replace(",", ""))
    if form in COMMA:
        return _digits(SPACES.sub("", text).replace(".", "").replace(",", "."))
    if form == "numwordsen":
        return Decimal(_counted(_words(text)))
    raise Unreadable("unknown_format")


def _short(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise Unreadable("not_a_number")
    return text.strip(" \t\r\n\u00a0")


def _digits(text: str) -> Decimal:
    if not WITH_POINT.fullmatch(text) or not text.isascii():
        raise Unreadable("not_a_number")
    return Decimal(text)


def _words(text: str) -> list[str]:
    return re.sub(r"[\s\u00a0,\-\u2010-\u2014]+", " ", text.lower()).split()


def _counted(words: list[str]) -> int:
    """English words or digits as a whole number: two hundred and five, eighteen, 20."""
    if len(words) == 1 and words[0].isascii() and words[0].isdecimal():
        return int(words[0])
    if len(words) == 1 and words[0] in NOTHING:
        return 0
    total = part = 0
    for word in words:
        if word in WORDS and _may_follow(part % 100, WORDS[word]):
            part += WORDS[word]
        elif word == "hundred" and 0 < part < 100:
            part *= 100
        elif word in GROUPS and part:
            total, part = total + part * GROUPS[word], 0
        elif word != "and":
            raise Unreadable("not_a_number")
    if not total + part:
        raise Unreadable("not_a_number")
    return total + part


def _may_follow(said: int, value: int) -> bool:
    """Five after twenty or a hundred, never after five: "two, three" is not five."""
    return said == 0 or (said >= 20 and said % 10 == 0 and value < 10)


def _length_in_words(text: str) -> tuple[Fraction, str]:
    amounts: dict[str, Fraction] = {}
    pending: list[str] = []
    for word in _words(text.rstrip(".")):
        unit = word.removesuffix("s")
        if unit not in YEARS and unit not in DAYS:
            pending.append(word)
            continue
        if pending[:1] == ["and"]:
            del pending[0]
        if unit in amounts:
            raise Unreadable("not_a_duration")
        count = 1 if pending in (["a"], ["an"]) else _counted(pending)
        amounts[unit] = Fraction(count)
        pending = []
    if pending or not amounts:
        raise Unreadable("not_a_duration")
    weeks, days = amounts.get("week"), amounts.get("day")
    if weeks is not None:
        days = 7 * weeks + (days or 0)
    return _length(amounts.get("year"), amounts.get("month"), days)


def _length(
    years: Fraction | None = None, months: Fraction | None = None, days: Fraction | None = None
) -> tuple[Fraction, str]:
    if years is None and months is None:
        return days or Fraction(0), "days"
    return (years or 0) + (months or 0) * YEARS["month"] + (days or 0) * Fraction(1, 360), "years"
