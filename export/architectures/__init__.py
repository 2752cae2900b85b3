"""The networks, each fully convolutional with its class-activation maps computed inside the graph."""
