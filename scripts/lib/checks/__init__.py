"""What is checked in the input before any job starts, from headers and small tables."""
