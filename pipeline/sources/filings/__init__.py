"""Sources of filings with the SEC."""
