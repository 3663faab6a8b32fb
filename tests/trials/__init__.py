"""Trials that take long: with a seed, outside `make test`, which has a short form of each."""
