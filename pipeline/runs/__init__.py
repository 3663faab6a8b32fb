"""One run at a time: who holds the warehouse, which runs are alive, and how a run is stopped."""
