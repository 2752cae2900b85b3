"""One file per shipped model, read top to bottom: data, network, loss, budget, acceptance."""
