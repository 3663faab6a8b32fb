"""GPU Credit Warehouse: rental prices, depreciation and leverage, joined by date in SQL."""

import os

# Matrices here are small: a second thread of the linear algebra waits longer than it works (of the
# hedonic index, 17 CPU seconds for 2 beside other work), and by it a sum has other last digits.
# Before anything loads numpy, which asks once.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
