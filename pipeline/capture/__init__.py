"""Bytes in, kept as received: fetching with limits, and the raw store."""
