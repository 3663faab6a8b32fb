"""Made-up rows, markets and warehouses that tests share."""
