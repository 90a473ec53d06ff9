"""Corrupted inputs, full disks and killed runs: nothing silent, nothing half-written."""
