"""Logging, reports of failures and of progress, and memory settings of every job."""
