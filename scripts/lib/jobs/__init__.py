"""What every job does besides its work: log, failure, progress and memory."""
