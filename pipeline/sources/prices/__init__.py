"""Sources of rental prices."""
