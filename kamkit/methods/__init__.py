"""Method arithmetic: tables in, tables out. No path, clock, language, drawing or global."""
