"""What products record of their making: software, references, code, warnings of the input."""
