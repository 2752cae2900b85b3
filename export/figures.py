"""Where tasks find ``Figures``."""

from export.evaluation.figures import Figures

__all__ = ["Figures"]
