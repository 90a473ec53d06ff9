"""The documentation: pages in Markdown, and what builds the site of them."""
