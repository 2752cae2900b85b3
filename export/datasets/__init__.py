"""Public sets of radiographs, one adapter each, all giving ``Labelled`` pictures."""
