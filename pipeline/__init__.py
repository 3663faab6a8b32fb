"""GPU Credit Warehouse: rental prices, depreciation and leverage, joined by date in SQL."""
