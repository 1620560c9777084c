"""Forms to fill in: XLSX files that the kit writes and reads back."""
