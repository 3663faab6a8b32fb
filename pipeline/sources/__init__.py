"""One file per upstream: fetch() does I/O, parse() does none."""
