"""`make ui`: the Dagster UI with its daemon, for this machine only and ended in one piece."""
