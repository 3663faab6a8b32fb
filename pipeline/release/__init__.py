"""What people open: the published file, exports, plots, status, generated documents."""
