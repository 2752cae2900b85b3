"""What a model may be asked: to label a picture, to outline structures on it, to grade it. One file a task."""
