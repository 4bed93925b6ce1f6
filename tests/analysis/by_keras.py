"""What a model gives, by Keras alone."""

import keras
import tensorflow as tf

CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def before_the_answer(model, x):
    """The class scores by another way: the model up to its last layer, then that layer's own weights."""
    last = model.layers[-1]
    if not last.weights:  # a separate activation: what it reads are the scores
        x = keras.ops.convert_to_tensor(x)
        for layer in model.layers[:-1]:
            x = layer(x)
        return x
    features = keras.Model(model.inputs[0], last.input)(x)
    return features @ tf.convert_to_tensor(last.kernel) + tf.convert_to_tensor(last.bias)
