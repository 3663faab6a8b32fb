"""Holders of loans and private offerings."""
