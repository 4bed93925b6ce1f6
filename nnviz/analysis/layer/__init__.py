"""The arithmetic of one layer: neuron, convolution, pooling, flattening."""
