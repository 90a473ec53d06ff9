"""What the steps share: a package for each subject, imported in one direction."""
