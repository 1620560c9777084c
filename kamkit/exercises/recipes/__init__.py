"""Data recipes: the values that a trainee meets, and the right answer by the lesson's method."""
