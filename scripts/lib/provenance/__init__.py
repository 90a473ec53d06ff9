"""Records in products of how they were made: software, references, code, warnings of the input."""
