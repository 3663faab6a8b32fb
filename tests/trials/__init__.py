"""Trials too long for `make test`: run by hand, with a seed, and said in a closing note."""
