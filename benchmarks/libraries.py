"""The same attributions by other libraries, each set up as its own documentation says: one function a library.

All are given a model that ends in the logits, so that all explain the same class score, and as many samples, steps
and windows. What a library does besides (a colour map, a norm) is part of its call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Job = Callable[[], object]
Makers = Mapping[str, Callable[[], Job]]
"""By the name of the method in nnviz: sets up and gives the call. Both together are the first call."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is explained.

    Attributes:
        model: functional, its last layer without an activation.
        image: (H, W, C) float32 as the model takes it.
        index: of the class.
        layer: whose maps the class activation maps weigh.
        samples: copies, steps, or maps.
        patch: side and stride of the windows that occlusion covers.
        coalitions: of Kernel SHAP.
    """

    model: keras.Model
    image: np.ndarray
    index: int
    layer: str
    samples: int
    patch: int
    coalitions: int


def tf_keras_vis(subject: Subject) -> Makers:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.gradcam_plus_plus import GradcamPlusPlus
    from tf_keras_vis.layercam import Layercam
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.scorecam import Scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

    def made(kind: Any, **options: Any) -> Callable[[], Job]:
        def make() -> Job:
            explainer, score = kind(subject.model, clone=False), CategoricalScore([subject.index])
            return lambda: explainer(score, subject.image[None], **options)

        return make

    layer = {"penultimate_layer": subject.layer, "seek_penultimate_conv_layer": False}
    return {
        "gradient": made(Saliency),
        "smoothgrad": made(Saliency, smooth_samples=subject.samples, smooth_noise=0.15),
        "grad-cam": made(Gradcam, **layer),
        "grad-cam++": made(GradcamPlusPlus, **layer),
        "layer-cam": made(Layercam, **layer),
        "score-cam": made(Scorecam, max_N=subject.samples, **layer),
    }


def xplique(subject: Subject) -> Makers:
    from xplique import attributions as methods

    chosen = np.eye(subject.model.output_shape[-1], dtype=np.float32)[[subject.index]]

    def made(kind: Any, **options: Any) -> Callable[[], Job]:
        def make() -> Job:
            explainer = kind(subject.model, **options)
            return lambda: np.asarray(explainer(subject.image[None], chosen))

        return make

    samples, patch = {"nb_samples": subject.samples}, subject.patch
    return {
        "gradient": made(methods.Saliency),
        "gradient-x-input": made(methods.GradientInput),
        "smoothgrad": made(methods.SmoothGrad, noise=0.15, **samples),
        "vargrad": made(methods.VarGrad, noise=0.15, **samples),
        "integrated-gradients": made(methods.IntegratedGradients, steps=subject.samples),
        "grad-cam": made(methods.GradCAM, conv_layer=subject.layer),
        "grad-cam++": made(methods.GradCAMPP, conv_layer=subject.layer),
        "occlusion": made(methods.Occlusion, patch_size=patch, patch_stride=patch),
        "kernel-shap": made(methods.KernelShap, nb_samples=subject.coalitions),
        "rise": made(methods.Rise, nb_samples=subject.coalitions),
        "guided-backpropagation": made(methods.GuidedBackprop),
        "deconvnet": made(methods.DeconvNet),
    }


def tf_explain(subject: Subject) -> Makers:
    from tf_explain.core.grad_cam import GradCAM
    from tf_explain.core.gradients_inputs import GradientsInputs
    from tf_explain.core.integrated_gradients import IntegratedGradients
    from tf_explain.core.occlusion_sensitivity import OcclusionSensitivity
    from tf_explain.core.smoothgrad import SmoothGrad
    from tf_explain.core.vanilla_gradients import VanillaGradients

    data = (subject.image[None], None)

    def made(call: Callable[..., object], **options: Any) -> Callable[[], Job]:
        return lambda: lambda: call(data, subject.model, subject.index, **options)

    return {
        "gradient": made(VanillaGradients().explain_score_model),
        "gradient-x-input": made(GradientsInputs().explain_score_model),
        "smoothgrad": made(SmoothGrad().explain, num_samples=subject.samples, noise=0.15),
        "integrated-gradients": made(IntegratedGradients().explain, n_steps=subject.samples),
        "grad-cam": made(GradCAM().explain, layer_name=subject.layer, use_guided_grads=False),
        "occlusion": made(OcclusionSensitivity().explain, patch_size=subject.patch),
    }


def saliency(subject: Subject) -> Makers:
    """PAIR's library leaves the call of the model to its user; here it is compiled. Its occlusion moves by one pixel
    and covers one window a pass, so it is not the same work, and left out."""
    import saliency.core as pair

    maps = keras.Model(subject.model.inputs, [subject.model.get_layer(subject.layer).output, subject.model.output])

    @tf.function
    def gradient(images: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(images)
            score = subject.model(images, training=False)[:, subject.index]
        return tape.gradient(score, images)

    @tf.function
    def maps_and_gradient(images: Any) -> Any:
        with tf.GradientTape() as tape:
            found, scores = maps(images, training=False)
            score = scores[:, subject.index]
        return found, tape.gradient(score, found)

    def call(images: Any, call_model_args: Any = None, expected_keys: Any = None) -> dict[str, Any]:
        given = tf.constant(images, tf.float32)
        if expected_keys == [pair.base.INPUT_OUTPUT_GRADIENTS]:
            return {pair.base.INPUT_OUTPUT_GRADIENTS: gradient(given).numpy()}
        found, back = (tensor.numpy() for tensor in maps_and_gradient(given))
        return {pair.base.CONVOLUTION_LAYER_VALUES: found, pair.base.CONVOLUTION_OUTPUT_GRADIENTS: back}

    def steps() -> object:
        method, count = pair.IntegratedGradients(), subject.samples
        return method.GetMask(subject.image, call, x_steps=count, batch_size=count)

    smooth = {"stdev_spread": 0.15, "nsamples": subject.samples, "magnitude": False}
    return {
        "gradient": lambda: lambda: pair.GradientSaliency().GetMask(subject.image, call),
        "smoothgrad": lambda: lambda: pair.GradientSaliency().GetSmoothedMask(subject.image, call, **smooth),
        "integrated-gradients": lambda: steps,
        "grad-cam": lambda: lambda: pair.GradCam().GetMask(subject.image, call),
    }


def keract(subject: Subject) -> Makers:
    from keract import get_activations

    return {"trace": lambda: lambda: get_activations(subject.model, subject.image[None], auto_compile=True)}


LIBRARIES: Mapping[str, Callable[[Subject], Makers]] = {
    "tf-keras-vis": tf_keras_vis,
    "Xplique": xplique,
    "tf-explain": tf_explain,
    "saliency": saliency,
    "keract": keract,
}
PACKAGES = ("tf-keras-vis", "xplique", "tf-explain", "saliency", "keract")
