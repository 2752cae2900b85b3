"""A network that draws chest radiographs with given findings, learnt from the training patients alone."""
