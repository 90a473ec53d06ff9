"""Files that the configuration stands for, and the segments, associations and products in them."""
