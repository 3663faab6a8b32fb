"""Holders of loans, private offerings and interest rates."""
