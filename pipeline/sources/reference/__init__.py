"""Sources of reference facts and exchange rates."""
