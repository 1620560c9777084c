"""One exercise on screen: read, answered by mouse, finger or keys, judged at once, kept."""

from kamkit.widgets.exercise.view import ExerciseView, exercise

__all__ = ["ExerciseView", "exercise"]
