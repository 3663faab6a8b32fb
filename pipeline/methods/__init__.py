"""Numerics as pure functions on frames: no I/O, no orchestration, no database."""
